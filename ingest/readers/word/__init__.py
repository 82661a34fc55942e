"""Word files (DOCX) into raw text, with Word's own numbering and styles."""
