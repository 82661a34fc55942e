"""Excel files as they are written: piece by piece, while their rows come."""
