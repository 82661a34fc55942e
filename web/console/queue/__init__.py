"""The console's tab of questions that wait for a person."""
