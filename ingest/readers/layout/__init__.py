"""Glyphs by their place on a page into lines, columns, tables and paragraphs; PDF, OFD and scans share it."""
