"""Records and counts the answers of the web, and passes on a generated one piece by piece."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from kb.answering.answerer import finished
from kb.answers import Answer, AnswerKind, Piece
from kb.errors import StoreError
from kb.knowledge_base import KnowledgeBase
from kb.models import Question
from kb.shelf.diagrams import diagrams_of
from web.shelf.entries import answering

logger = logging.getLogger(__name__)

Listener = Callable[[Piece], None]


def recorded_answer(
    kb: KnowledgeBase,
    question: Question,
    session: str | None,
    listen: Listener | None = None,
    answer_id: str | None = None,
    address: str = "",
) -> Answer:
    """The answer to `question`, with suggestions what to ask next, diagrams, and the id of its record.

    `listen` gets the pieces of a generated answer; `answer_id` is the id they were shown under, `address`
    where the question came from (web.addresses). An answer that cannot be recorded is still given, without an
    id; so is a courtesy, which is no question that staff could learn from.
    """
    if listen is None:
        answer = kb.answerer.answer(question)
    else:
        answer, _ = finished(kb.answerer.answering(question), listen)
    kb.metrics.answered(answer)
    if answer.kind is AnswerKind.COURTESY:
        return answer
    try:
        recorded = kb.citizens.journal.record(answer, session, datetime.now(UTC), answer_id, address)
    except StoreError as error:
        logger.error("answer not recorded: %s", error.operator)
        recorded = None
    cited = {citation.document_id for citation in answer.citations}
    told = [entry for entry in answering(kb) if entry.id != answer.faq_id]  # its own words show its diagrams
    more = {"suggestions": kb.citizens.suggestions.after(answer), "diagrams": diagrams_of(told, cited)}
    return answer.model_copy(update={"id": recorded, **more})


def while_answering(work: Callable[[Listener], Answer], silence: float) -> Iterator[Piece | Answer | None]:
    """Yield the pieces that `work` passes on, then its answer; None after each `silence` seconds of pause.

    The work has its own thread and finishes even when nobody takes its pieces any more: the answer is
    recorded, and a repeated request with the same id gets it.

    Raises:
        BaseException: any error of `work`.
    """
    arrived: queue.SimpleQueue[Piece | Answer | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            arrived.put(work(arrived.put))
        except BaseException as error:
            arrived.put(error)  # raised again in the generator

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
