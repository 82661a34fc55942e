"""The reader's say in the order of the first hits (KB_READER).

    score = (1 - SHARE) x blended score + SHARE x likelihood that the passage answers

Likelihoods are those the reader gives, so the order of hits that it finds equally likely stays as it was.
"""

import logging
from collections.abc import Callable, Sequence

from kb.errors import ModelError
from kb.hits import Hit
from kb.reading.reader import Reader

logger = logging.getLogger(__name__)

DEPTH = 6  # hits that are read
SHARE = 0.5


class SecondReading:
    """Lets the reader read the first hits; holds no state of its own."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def rerank(self, query: str, hits: Sequence[Hit], worth: Callable[[Hit], float]) -> list[Hit]:
        """`hits` with the first DEPTH read and reordered; `worth` is 1, or less for an outdated document.

        A reader that fails is reported, and the order stays: an answer without it is better than none.
        """
        first, rest = hits[:DEPTH], hits[DEPTH:]
        try:
            readings = self._reader.read(query, [hit.chunk.indexed_text for hit in first])
        except ModelError as error:
            logger.error("阅读模型不能用，这次按检索的顺序回答：%s", error.operator)
            return list(hits)
        read = [
            hit.model_copy(
                update={
                    "reading": reading,
                    "score": (1 - SHARE) * hit.score + SHARE * reading.likelihood * worth(hit),
                }
            )
            for hit, reading in zip(first, readings, strict=True)
        ]
        return [*sorted(read, key=lambda hit: -hit.score), *rest]
