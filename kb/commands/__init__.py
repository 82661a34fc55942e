"""Everything behind `python -m kb`, done here or in the running service."""
