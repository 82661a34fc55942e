"""How the tables of kb.tables came about, step by step: Alembic's folder."""
