"""What an operator names: files, folders, docs.jsonl and addresses, with the facts a side file adds."""
