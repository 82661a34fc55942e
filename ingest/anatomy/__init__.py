"""Metadata read from a document's text (title, number, dates, term), its repeals of others, its validity."""
