"""The console's tab of questions that wait for staff (群众提问)."""
