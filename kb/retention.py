"""Deletes citizens' words when their time (KB_RETENTION_DAYS) is over, wherever they stand.

    asked, feedback            after the day they were asked
    questions, left_returns, channel_left
                               after the day they were left, or replied to
    queue_groups, queue_items  with the question; reports by staff after the day they were made
    queue_notes                with their group
    faq_entries, faq_versions  drafts in a citizen's words (kb.queue.drafts), after the day those were asked
    faq_vectors                of wordings that no entry and no passage has any more
    audit_words                after the day of the audit entry (kb.staff.audit_words)
    channel_messages           after the day they came
    figures_days               the wordings with the questions; the numbers stay

The audit log itself holds digests and numbers, and is told what was deleted. Afterwards the database's files
are written anew (kb.storage.wiping); a note in the database that this is owed outlasts a failed attempt.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, delete, exists, select

from kb.channels.messages import forget_messages
from kb.citizens.journal import Journal
from kb.citizens.left_questions import Questions
from kb.models import Model
from kb.queue.drafts import forget_drafts, forget_vectors
from kb.staff.audit import PURGED, Audit
from kb.storage import queue_tables, tables
from kb.storage.database import transaction, upsert
from kb.storage.wiping import wipe

WITH_WORDS = (
    *(tables.asked, tables.feedback, tables.questions, tables.faq_entries, tables.faq_versions),
    *(tables.faq_vectors, tables.audit_words, queue_tables.queue_groups, queue_tables.queue_items),
    *(queue_tables.queue_notes, queue_tables.left_returns, queue_tables.channel_messages),
    *(queue_tables.channel_left, queue_tables.figures_days),
)
_OWED = "words_to_wipe"
_ACTOR, _SUBJECT = "系统", "群众的提问和留言"


class Purged(Model):
    """What was deleted: numbers of answers, left questions and messages, ids of FAQ drafts.

    `words_until`: the last audit entry whose words were deleted.
    """

    answers: int = 0
    questions: int = 0
    messages: int | None = None
    drafts: tuple[str, ...] = ()
    words_until: int | None = None

    def __bool__(self) -> bool:
        return self != Purged()


def purge(
    engine: Engine,
    *,
    journal: Journal,
    questions: Questions,
    purge_groups: Callable[[datetime], None],
    audit: Audit,
    embed_model: str,
    before: datetime,
    now: datetime,
) -> Purged:
    """Delete what citizens asked and left before `before`; `wipe_owed` then clears the files.

    Raises:
        StoreError: the database cannot be written; what was not deleted is the next time.
    """
    answers, left = journal.purge(before), questions.purge(before)
    purge_groups(before)
    with transaction(engine) as connection:
        purged = Purged(
            answers=answers,
            questions=left,
            messages=forget_messages(connection, before) or None,
            drafts=forget_drafts(connection, before),
            words_until=audit.purge_words(connection, before),
        )
        forget_vectors(connection, embed_model)
        if purged:
            upsert(connection, tables.counters, [{"name": _OWED, "value": 1}])
            after = purged.model_dump(exclude_none=True)
            audit.write(connection, _ACTOR, PURGED, _SUBJECT, None, after, now)
    return purged


def wipe_owed(engine: Engine) -> None:
    """Clear the database's files of what was deleted, if that is owed.

    Raises:
        StoreError: it cannot be done now, and is still owed.
    """
    is_owed = tables.counters.c.name == _OWED
    with transaction(engine) as connection:
        owed = connection.scalar(select(exists().where(is_owed)))
    if not owed:
        return
    wipe(engine, WITH_WORDS)
    with transaction(engine) as connection:
        connection.execute(delete(tables.counters).where(is_owed))
