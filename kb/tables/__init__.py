"""Tables and lists of a document as data, and what a question asks of one. Pure functions."""
