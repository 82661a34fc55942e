"""Weights of a query's words in this knowledge base: part of speech (kb.language.word_weights) times idf."""

import rjieba

from kb.language.normalise import canonical
from kb.language.word_weights import IDF_CAP, idf, part_of_speech_factor
from kb.storage.documents import Documents


class TermWeights:
    """Weights of query words, from live document frequencies."""

    def __init__(self, documents: Documents, question_words: frozenset[str]) -> None:
        self._documents = documents
        self._question_words = question_words

    def weigh(self, query: str) -> dict[str, float]:
        """Content words of `query`, each with its weight: part-of-speech factor x min(idf, IDF_CAP).

        idf = ln(1 + (N - n + 0.5) / (n + 0.5)), n of N chunks holding the word.
        """
        factors = {
            word: factor
            for word, tag in rjieba.tag(canonical(query), False)
            if word not in self._question_words and (factor := part_of_speech_factor(word, tag))
        }
        counts, total = self._documents.term_counts(factors), self._documents.chunk_count()
        return {
            word: factor * min(IDF_CAP, idf(counts.get(word, 0), total)) for word, factor in factors.items()
        }
