"""Answers with links, lists, pictures and attachments: a Markdown subset, and the files they show."""
