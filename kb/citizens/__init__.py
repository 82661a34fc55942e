"""The questions citizens ask and leave, and the questions suggested to them. Nothing here names a person."""
