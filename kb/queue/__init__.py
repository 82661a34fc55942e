"""Questions that wait for a person, grouped by what they ask, and what staff do with them."""
