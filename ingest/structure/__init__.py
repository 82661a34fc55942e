"""Numbered parts -> outline -> chunks. `numbering` lists every kind of number."""
