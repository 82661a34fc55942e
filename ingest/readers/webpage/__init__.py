"""Web pages and saved pages (HTML, MHT) into raw text, without their navigation."""
