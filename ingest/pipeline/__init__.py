"""Bring documents in: plan, read in separate processes, embed, store. `run` does all of it."""
