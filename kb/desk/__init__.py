"""Tools for staff who are answering somebody now: the search, and drafts by the language model."""
