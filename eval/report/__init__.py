"""The report of an evaluation: `view` is what it shows, `writing` makes every file of it."""
