"""Trials by staff: a question asked to see why it is answered so, and questions whose answers are known."""
