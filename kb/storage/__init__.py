"""SQL and files: the tables, the documents, and the folder KB_HOME. SQL is the truth (decision 0001)."""
