"""Comparisons of two editions of a law, or of two documents, in one matter (`comparisons`)."""
