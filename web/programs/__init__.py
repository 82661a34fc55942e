"""What other programs use beside the pages: MCP, and the administration of their keys."""
