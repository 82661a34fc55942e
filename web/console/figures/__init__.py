"""The console's tab of figures (统计)."""
