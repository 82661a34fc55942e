"""The routes that citizens' pages and other programs call: asking, searching, left questions, documents."""
