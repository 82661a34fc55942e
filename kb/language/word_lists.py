"""Reads the word lists of kb/lexicon, which are plain text files."""

from importlib.resources import files


def word_list(name: str) -> list[str]:
    """The lines of kb/lexicon/`name` without empty lines and comments, which begin with #."""
    text = (files("kb") / "lexicon" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def word_pairs(name: str) -> list[tuple[str, str]]:
    """The two sides of each line "left = right" of kb/lexicon/`name`, without white space at their ends."""
    sides = (line.split("=", 1) for line in word_list(name))
    return [(left.strip(), right.strip()) for left, right in sides]
