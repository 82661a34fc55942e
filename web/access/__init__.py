"""Who gets in from outside: the routes of the district's sign-on, of other programs' keys, and of MCP."""
