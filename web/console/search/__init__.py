"""The console's tab of the answerer's search."""
