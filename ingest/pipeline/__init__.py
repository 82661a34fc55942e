"""Bringing documents in: planned, read in processes of their own, embedded and stored. `run` is the way through."""
