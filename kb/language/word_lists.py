"""Plain files read as text: the word lists shipped beside the code, and lists that people send from Excel."""

from importlib.resources import files


def word_list(name: str) -> list[str]:
    """The lines of kb/`name`, without empty ones and those that begin with #, which are comments."""
    text = (files("kb") / "lexicon" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def word_pairs(name: str) -> list[tuple[str, str]]:
    """The lines "left = right" of kb/`name`, white space at the ends kept off."""
    sides = (line.split("=", 1) for line in word_list(name))
    return [(left.strip(), right.strip()) for left, right in sides]
