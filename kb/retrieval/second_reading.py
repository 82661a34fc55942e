"""The reader's say in the order of the first hits (KB_READER).

    score = (1 - SHARE) x blended score + SHARE x likelihood that the passage answers

Whoever quotes has the first hits read, once tables and lists had their say: the reader has hardly learned
from those, and what they answer needs no reading.
"""

import logging
import re
from dataclasses import replace

from kb.errors import ModelError
from kb.hits import Hit, Hits
from kb.reading.reader import Reader
from kb.retrieval.questions.known import known_to_answer

logger = logging.getLogger(__name__)

DEPTH = 3  # hits that are read; 3 to 6 put the same share of answers first (docs/decisions/0053, 0086)
SHARE = 0.4
_ROWS = re.compile(r"[^：；。\n]{1,30}：[^；\n]{1,60}；[^：；。\n]{1,30}：")  # 场馆：区图书馆；开放时间：


def with_readings(reader: Reader | None, query: str, hits: Hits) -> Hits:
    """`hits` in their order, the first DEPTH with what the reader makes of them, unless it has read some.

    A reader that fails is reported: an answer without it is better than none.
    """
    first, rest = hits.kept[:DEPTH], hits.kept[DEPTH:]
    if reader is None or not first or any(hit.reading for hit in first):
        return hits
    try:
        readings = reader.read(query, [hit.chunk.indexed_text for hit in first])
    except ModelError as error:
        logger.error("阅读模型不能用，这次按检索的顺序回答：%s", error.operator)
        return hits
    read = (hit.model_copy(update={"reading": reading}) for hit, reading in zip(first, readings, strict=True))
    return hits.model_copy(update={"kept": (*read, *rest)})


def likeliest_first(hits: Hits) -> Hits:
    """The hits that were read or are known to answer, by retrieval and that together, before the others.

    Where rows of a table come first they stay there, unmarked: the reader does not tell rows apart.
    """
    if hits.kept and _ROWS.match(hits.kept[0].chunk.text):
        return hits.model_copy(update={"kept": tuple(map(_unmarked_rows, hits.kept))})
    judged = [
        hit.model_copy(update={"score": (1 - SHARE) * hit.score + SHARE * likelihood(hit)})
        for hit in hits.kept
        if _is_judged(hit)
    ]
    others = (hit for hit in hits.kept if not _is_judged(hit))
    return hits.model_copy(update={"kept": (*sorted(judged, key=lambda hit: -hit.score), *others)})


def _is_judged(hit: Hit) -> bool:
    return hit.reading is not None or known_to_answer(hit) > 0


def likelihood(hit: Hit) -> float:
    """How likely `hit` answers, 0 to 1: by the reader, or because it is known to answer that question."""
    return max(hit.reading.likelihood if hit.reading else 0.0, known_to_answer(hit))


def _unmarked_rows(hit: Hit) -> Hit:
    """`hit` without marks if it is rows of a table: the row with the words asked for is quoted."""
    if hit.reading is None or not _ROWS.match(hit.chunk.text):
        return hit
    return hit.model_copy(update={"reading": replace(hit.reading, marks=())})
