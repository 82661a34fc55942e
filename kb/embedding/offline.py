"""Keeps the libraries of models off the network."""

import os


def stay_offline() -> None:
    """Forbid model-hub look-ups: they would hang for minutes on an intranet."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
