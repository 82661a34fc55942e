"""The console's tab of figures."""
