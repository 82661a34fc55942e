"""What citizens ask and leave, and what they are offered to ask. Nothing here names a person."""
