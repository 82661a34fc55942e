"""The console's tab of FAQ entries."""
