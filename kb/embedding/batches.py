"""Which texts are embedded together."""

from collections.abc import Sequence


def batches(lengths: Sequence[int], volume: int) -> list[list[int]]:
    """Indices of `lengths`, grouped so that a group padded to its longest has at most `volume` characters.

    Longest first, so that a lack of memory shows at once; a longer single text is a group of its own.

    >>> batches([10, 90, 40, 50], 100)
    [[1], [3, 2], [0]]
    """
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= volume:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups
