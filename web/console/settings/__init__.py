"""The console's tab of what administrators set (设置)."""
