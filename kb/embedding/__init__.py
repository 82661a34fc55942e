"""Turns texts into vectors, by the bundled model or any sentence-transformers model on this machine."""
