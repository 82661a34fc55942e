"""The report of an evaluation: `view` holds what it shows, `writing` writes all its files."""
