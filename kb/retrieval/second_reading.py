"""The reader's say in the order of the first hits (KB_READER).

    score = (1 - SHARE) x blended score + SHARE x likelihood that the passage answers

Whoever quotes has the first hits read, once tables and lists had their say: the reader has hardly learned
from those, and what they answer needs no reading.
"""

import logging

from kb.errors import ModelError
from kb.hits import Hits
from kb.reading.reader import Reader

logger = logging.getLogger(__name__)

DEPTH = 4  # hits that are read; 3 to 6 put the same share of answers first (docs/decisions/0053)
SHARE = 0.4


def with_readings(reader: Reader | None, query: str, hits: Hits) -> Hits:
    """`hits` in their order, the first DEPTH with what the reader makes of them.

    A reader that fails is reported: an answer without it is better than none.
    """
    first, rest = hits.kept[:DEPTH], hits.kept[DEPTH:]
    if reader is None or not first:
        return hits
    try:
        readings = reader.read(query, [hit.chunk.indexed_text for hit in first])
    except ModelError as error:
        logger.error("阅读模型不能用，这次按检索的顺序回答：%s", error.operator)
        return hits
    read = (hit.model_copy(update={"reading": reading}) for hit, reading in zip(first, readings, strict=True))
    return hits.model_copy(update={"kept": (*read, *rest)})


def likeliest_first(hits: Hits) -> Hits:
    """The hits that were read, by retrieval and reader together, before the others; scored so."""
    read = [
        hit.model_copy(update={"score": (1 - SHARE) * hit.score + SHARE * hit.reading.likelihood})
        for hit in hits.kept
        if hit.reading is not None
    ]
    unread = (hit for hit in hits.kept if hit.reading is None)
    return hits.model_copy(update={"kept": (*sorted(read, key=lambda hit: -hit.score), *unread)})
