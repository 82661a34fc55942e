"""Answers as the web gives them: recorded, counted, and, when they are generated, passed on as they grow."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from kb.answering.answerer import finished
from kb.answers import Answer, Piece
from kb.errors import StoreError
from kb.knowledge_base import KnowledgeBase
from kb.models import Question

logger = logging.getLogger(__name__)

Listener = Callable[[Piece], None]


def recorded_answer(
    kb: KnowledgeBase,
    question: Question,
    session: str | None,
    listen: Listener | None = None,
    answer_id: str | None = None,
) -> Answer:
    """The answer to `question`, with what to ask next and the id it is recorded under.

    `listen` gets the pieces of a generated one; `answer_id` is the id they were shown under. An answer that
    cannot be recorded has no id: it is worth more than its record.
    """
    if listen is None:
        answer = kb.answerer.answer(question)
    else:
        answer, _ = finished(kb.answerer.answering(question), listen)
    kb.meters.answered(answer)
    try:
        recorded = kb.journal.record(answer, session, datetime.now(UTC), answer_id)
    except StoreError as error:
        logger.error("answer not recorded: %s", error.operator)
        recorded = None
    return answer.model_copy(update={"id": recorded, "suggestions": kb.suggestions.after(answer)})


def while_answering(work: Callable[[Listener], Answer], silence: float) -> Iterator[Piece | Answer | None]:
    """The pieces that `work` passes on, then its answer; None whenever `silence` seconds went by.

    The work goes on in a thread of its own when nobody takes its pieces any more: the answer is recorded,
    and whoever asks again under the same request id gets it.

    Raises:
        BaseException: what `work` raises.
    """
    arrived: queue.SimpleQueue[Piece | Answer | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            arrived.put(work(arrived.put))
        except BaseException as error:
            arrived.put(error)  # it is raised where somebody waits for it

    threading.Thread(target=run, name="answer", daemon=True).start()
    while True:
        try:
            item = arrived.get(timeout=silence)
        except queue.Empty:
            yield None
            continue
        if isinstance(item, BaseException):
            raise item
        yield item
        if isinstance(item, Answer):
            return
