"""How the tables of kb.storage.tables came about, step by step: Alembic's folder."""
