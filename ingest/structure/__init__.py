"""Numbered parts into an outline, and the outline into chunks. `numbering` knows every kind of number."""
