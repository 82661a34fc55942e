"""Sentences -> pieces of about equal length: which sentences go together into one chunk.

Of all ways to cut a row of atoms (sentences) into pieces, the cheapest is taken. With n the number of pieces
that the target requires and ideal = total / n, a piece of length l costs

    ((l - ideal) / ideal) ** 2  +  over ** 2  +  seam

where `over` is the excess over the allowed length, in targets, and `seam` is small at the end of a paragraph,
larger within one, and largest after a colon, because its list should follow. Found by dynamic programming;
pieces longer than twice the target are not tried, so the time is linear in the text.
"""

from collections.abc import Sequence
from math import ceil

from kb.models import Span

SLACK = 1.2  # a text of up to this many targets is left whole rather than halved
_MANY = 100  # atoms; when there are more, small neighbours are merged first, so that the time stays linear
_SEAM_PARAGRAPH, _SEAM_SENTENCE, _SEAM_CLAUSE, _SEAM_COLON = 0.0, 0.03, 0.3, 0.6


def pack(text: str, atoms: Sequence[Span], target: int) -> list[list[Span]]:
    """Cut `atoms` (in order) into runs of about `target` characters; a longer atom is a run of its own."""
    if not atoms:
        return []
    if len(atoms) > _MANY:
        atoms = _merged(atoms, target // 12)
    total = atoms[-1].end - atoms[0].start
    count = ceil(total / (SLACK * target))
    if count <= 1 or len(atoms) == 1:
        return [list(atoms)]
    ideal = total / count
    best = [0.0] + [float("inf")] * len(atoms)
    cut_before = [0] * (len(atoms) + 1)
    for last in range(1, len(atoms) + 1):
        seam = _seam(text, atoms, last)
        for first in range(last - 1, -1, -1):
            length = atoms[last - 1].end - atoms[first].start
            if length > 2 * target and first < last - 1:
                break
            over = max(0.0, length / target - SLACK)
            cost = best[first] + (length / ideal - 1) ** 2 + over**2 + seam
            if cost < best[last]:
                best[last], cut_before[last] = cost, first
    runs: list[list[Span]] = []
    last = len(atoms)
    while last > 0:
        runs.append(list(atoms[cut_before[last] : last]))
        last = cut_before[last]
    return runs[::-1]


def _merged(atoms: Sequence[Span], least: int) -> list[Span]:
    """Atoms merged with their neighbours until each has `least` characters, for texts of tiny atoms."""
    merged: list[Span] = []
    for atom in atoms:
        if merged and merged[-1].end - merged[-1].start < least:
            merged[-1] = Span(start=merged[-1].start, end=atom.end)
        else:
            merged.append(atom)
    return merged


def halves(atoms: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """Two or more atoms cut in two where the halves are most equal in length."""
    middle = (atoms[0].start + atoms[-1].end) / 2
    place = min(range(1, len(atoms)), key=lambda i: abs(atoms[i].start - middle))
    return list(atoms[:place]), list(atoms[place:])


def _seam(text: str, atoms: Sequence[Span], last: int) -> float:
    """Cost of cutting between atom `last - 1` and atom `last`."""
    if last == len(atoms):
        return 0.0
    end = text[atoms[last - 1].end - 1]
    if end in "：:":
        return _SEAM_COLON
    if "\n" in text[atoms[last - 1].end : atoms[last].start]:
        return _SEAM_PARAGRAPH
    return _SEAM_SENTENCE if end not in "，,；;、" else _SEAM_CLAUSE
