"""The console's tab in which staff try questions (试问)."""
