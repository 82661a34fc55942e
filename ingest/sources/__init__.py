"""The sources an operator names: files, folders, docs.jsonl, web addresses; and the facts of side files."""
