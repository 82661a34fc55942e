"""The knowledge base: all that a question meets on its way to an answer."""
