"""The console's search tab (检索)."""
