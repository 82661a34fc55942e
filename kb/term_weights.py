"""How much each word of a query tells: idf from the frequencies in this knowledge base.

Question words and function words (kb/question_words.txt) tell nothing and get no weight. A word that stands
nowhere in the knowledge base tells most: a question about 离婚 must fail on that word.
"""

import math
from importlib.resources import files

from kb.documents import Documents
from kb.tokens import words


def read_question_words() -> frozenset[str]:
    """The words of kb/question_words.txt; lines that begin with # are comments."""
    text = (files("kb") / "question_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


class TermWeights:
    """Weights of query words, from live document frequencies."""

    def __init__(self, documents: Documents, question_words: frozenset[str]) -> None:
        self._documents = documents
        self._question_words = question_words

    def weigh(self, query: str) -> dict[str, float]:
        """Content words of `query` -> ln(1 + (N - n + 0.5) / (n + 0.5)), n of N chunks holding the word."""
        content = dict.fromkeys(word for word in words(query) if word not in self._question_words)
        counts, total = self._documents.term_counts(content), self._documents.chunk_count()
        return {
            word: math.log(1 + max(0.0, total - counts.get(word, 0) + 0.5) / (counts.get(word, 0) + 0.5))
            for word in content
        }
