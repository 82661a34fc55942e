"""What helps whoever is answering right now: the search, and drafts."""
