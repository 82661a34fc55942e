"""The reader's say in the order of the first hits (KB_READER), and that of the questions that they answer.

    likelihood = logistic(logit of the reader + KNOWN_SAYS x known_says), see kb.retrieval.questions.known
    score      = (1 - SHARE) x blended score + SHARE x likelihood that the passage answers

Whoever quotes has the first hits read, once tables and lists had their say: the reader has hardly learned
from those, and what they answer needs no reading. One place is kept for the passage that most likely answers
by the questions it is known to answer (docs/decisions/0101-two-who-know.md).
"""

import logging
import math
import re
from collections.abc import Sequence
from dataclasses import replace

from kb.errors import ModelError
from kb.hits import Hit, Hits
from kb.reading.reader import Reader
from kb.retrieval.questions.known import chance_of, known_says, known_to_answer

logger = logging.getLogger(__name__)

DEPTH = 4  # hits that are read; three find fewer answers first (docs/decisions/0053, 0086)
SHARE = 0.4
WORTH_READING = 0.1  # chance by known questions from which a further hit takes the last place
KNOWN_SAYS = 1.3
_ROWS = re.compile(r"[^：；。\n]{1,30}：[^；\n]{1,60}；[^：；。\n]{1,30}：")  # 场馆：区图书馆；开放时间：


def with_readings(reader: Reader | None, query: str, hits: Hits) -> Hits:
    """`hits` in their order, DEPTH of them with what the reader makes of them, unless it has read some.

    A reader that fails is reported: an answer without it is better than none.
    """
    places = _worth_reading(hits.kept)
    if reader is None or not places or any(hit.reading for hit in hits.kept):
        return hits
    try:
        readings = reader.read(query, [hits.kept[place].chunk.indexed_text for place in places])
    except ModelError as error:
        logger.error("阅读模型不能用，这次按检索的顺序回答：%s", error.operator)
        return hits
    kept = list(hits.kept)
    for place, reading in zip(places, readings, strict=True):
        kept[place] = kept[place].model_copy(update={"reading": reading})
    return hits.model_copy(update={"kept": tuple(kept)})


def _worth_reading(hits: Sequence[Hit]) -> Sequence[int]:
    """The places of the first DEPTH of `hits`, or of one less and of the one best known to answer."""
    places = range(len(hits))
    known = max(places[DEPTH - 1 :], key=lambda place: chance_of(hits[place]), default=None)
    if known is None or chance_of(hits[known]) < WORTH_READING:
        return places[:DEPTH]
    return (*places[: DEPTH - 1], known)


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
    """How likely `hit` answers, 0 to 1: by the reader and because it is known to answer that question."""
    if hit.reading is None:
        return known_to_answer(hit)
    return 1 / (1 + math.exp(-hit.reading.relevance - KNOWN_SAYS * known_says(hit)))


def _unmarked_rows(hit: Hit) -> Hit:
    """`hit` without marks if it is rows of a table: the row with the words asked for is quoted."""
    if hit.reading is None or not _ROWS.match(hit.chunk.text):
        return hit
    return hit.model_copy(update={"reading": replace(hit.reading, marks=())})
