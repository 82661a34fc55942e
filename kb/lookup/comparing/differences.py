"""What two texts of one matter differ in, clause by clause, in words that are plain text.

The clauses (kb.language.sentences) that both have, in the same order, are left out. What remains is told as
words replaced, added or left out; each stands in one of the two texts. Texts that share too little are not
taken apart: a list of everything would say less than the texts side by side.
"""

from difflib import SequenceMatcher
from enum import StrEnum

from kb.language.normalise import question_key
from kb.language.sentences import clauses
from kb.models import Model, Span

LEAST_SHARED = 0.25  # of the clauses, for a list of changes
_SAME = 0.85  # similarity from which two clauses differ in their wording only
_STRIPPED = "，,；;。：: \n\t\u3000"


class Change(StrEnum):
    """How a stretch of the older text became one of the newer."""

    REPLACED = "replaced"
    ADDED = "added"
    LEFT_OUT = "left_out"


class Difference(Model):
    """A stretch of the older text and what stands in its place in the newer; one may be empty."""

    change: Change
    older: str
    newer: str


def differences(older: str, newer: str) -> tuple[Difference, ...] | None:
    """The differences between two texts, in order; None when they share too little to be compared."""
    spans = _clauses(older), _clauses(newer)
    keys = [
        [question_key(span.of(text)) for span in part]
        for part, text in zip(spans, (older, newer), strict=True)
    ]
    matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
    shared = sum(block.size for block in matcher.get_matching_blocks())
    if shared < LEAST_SHARED * min(len(keys[0]), len(keys[1])):
        return None
    found = []
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind != "equal":
            before, after = _joined(older, spans[0][i:j]), _joined(newer, spans[1][k:m])
            if before and after and question_key(before) == question_key(after):
                continue
            change = Change.REPLACED if before and after else Change.LEFT_OUT if before else Change.ADDED
            found.append(Difference(change=change, older=before, newer=after))
    return tuple(found)


def _clauses(text: str) -> list[Span]:
    return [span for span in clauses(text) if question_key(span.of(text))]


def _joined(text: str, spans: list[Span]) -> str:
    """The words from the first of `spans` to the last, on one line."""
    if not spans:
        return ""
    words = text[spans[0].start : spans[-1].end]
    return "".join(line.strip() for line in words.split("\n")).strip(_STRIPPED)
