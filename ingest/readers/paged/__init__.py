"""Files made of pages into raw text: PDF, OFD, scans and pictures."""
