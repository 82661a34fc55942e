"""What people see: chat page, document viewer, console, HTTP routes."""
