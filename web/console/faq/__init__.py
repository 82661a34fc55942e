"""The console's tab of FAQ entries (常见问答)."""
