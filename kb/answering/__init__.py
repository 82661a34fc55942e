"""Turns a question that has been understood into an answer or an honest refusal. kb.answering.answerer
decides; every other module is one of its rules. Nothing here opens a file or a connection."""
