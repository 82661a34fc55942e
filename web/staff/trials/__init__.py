"""The routes of evaluation pairs (kb.trials)."""
