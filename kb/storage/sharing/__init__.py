"""What processes over one PostgreSQL share: locks that end with their holder, news of changes, counts."""
