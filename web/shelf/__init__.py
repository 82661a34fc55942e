"""Pages on which citizens browse documents and FAQ entries, and what feeds and search engines are given."""
