"""Weights of a query's words in this knowledge base: part of speech (kb.language.word_weights) times idf."""

from kb.language.word_weights import IDF_CAP, content_words, idf
from kb.storage.documents import Documents


class TermWeights:
    """Weights of query words, from live document frequencies."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def weigh(self, query: str) -> dict[str, float]:
        """Content words of `query`, each with its weight: part-of-speech factor x min(idf, IDF_CAP).

        idf = ln(1 + (N - n + 0.5) / (n + 0.5)), n of N chunks holding the word.
        """
        factors = content_words(query)
        counts, total = self._documents.term_counts(factors), self._documents.chunk_count()
        return {
            word: factor * min(IDF_CAP, idf(counts.get(word, 0), total)) for word, factor in factors.items()
        }
