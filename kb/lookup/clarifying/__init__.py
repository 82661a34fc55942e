"""One question back when a question is open: which side of a matter, which kind of it, or which place."""
