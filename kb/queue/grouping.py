"""Groups the questions that wait for staff by what they ask: each question once, when it comes.

A question joins the group that holds the same words, else the group whose first wording means the same, else
it begins a group of its own. What citizens say of themselves does not count (kb.language.masking). "The same"
is a little wider here than for an approved answer (kb.faq.matching): 怎么办 and 在哪里办 come together,
because a person reads all wordings before replying and can take one out again (kb.queue.worklist). Small talk
(你好 of before it was recognised) comes into a closed group: nobody need answer it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, Engine, and_, delete, exists, insert, or_, select, update

from kb.embedding.embedder import Vectors
from kb.errors import KbError
from kb.faq.matching import SAME_SCORE
from kb.language.masking import impersonal
from kb.language.normalise import canonical, question_key
from kb.language.paraphrase import FACET, differences, read, same_meaning
from kb.question.courtesy import courtesy_of
from kb.queue.items import CLOSED, ItemKind, ItemSource, NewItem, QueueState, left_items, unanswered_items
from kb.storage.database import transaction
from kb.storage.queue_tables import queue_departments, queue_groups, queue_items
from kb.storage.sharing.keeper import Mutex
from kb.storage.tables import asked, questions

logger = logging.getLogger(__name__)

# From this score on, two questions in the same words that differ only in a vague way of asking are one:
# 怎么办离婚登记 scored 0.81 with 离婚登记到哪里办, 0.69 with 离婚登记需要什么材料; 怎么申请低保 0.60 with
# 低保能领多少钱.
SAME_BUT_FACET = 0.68
AT_ONCE = 32  # questions grouped in one go: 0.3 s of embedding on two cores
_CANDIDATES = 20  # groups compared closely
_PATIENCE = 1.0  # seconds that a reader of the list waits for another thread's grouping
_PROGRAM, _SMALL_TALK = "系统", "寒暄或与政策无关的话，不用答复。"
_REOPENS = (ItemKind.LEFT, ItemKind.DISLIKED, ItemKind.REPORT)  # somebody waits, or the answer is wrong


@dataclass
class _Places:
    """The groups that new questions are compared with: row n of `vectors` is the vector of `texts[n]`."""

    ids: list[int]
    texts: list[str]
    vectors: list[Vectors]
    _matrix: Vectors | None = field(default=None, init=False)

    def add(self, group_id: int, text: str, vector: Vectors) -> None:
        """Add a group with its first wording and the vector of that."""
        self.ids.append(group_id)
        self.texts.append(text)
        self.vectors.append(vector)
        if self._matrix is not None:
            self._matrix = np.vstack([self._matrix, vector])

    def find_same(self, text: str, vector: Vectors) -> int | None:
        """The nearest group that asks the same as `text`, whose vector is `vector`; None when none does."""
        if not self.ids:
            return None
        if self._matrix is None:
            self._matrix = np.stack(self.vectors)
        cosines = self._matrix @ vector
        nearest: list[int] = np.argsort(-cosines)[:_CANDIDATES].tolist()
        for position in nearest:
            other = impersonal(self.texts[position])
            if same_question(impersonal(text), other, float(cosines[position])):
                return self.ids[position]
        return None


class Grouping:
    """Groups of questions in SQL; `embed` turns questions into vectors, `model` is its name.

    `alone` is held while questions are put into groups.

    All methods raise StoreError when the database fails, ModelError when the model does.
    """

    def __init__(
        self,
        engine: Engine,
        model: str,
        embed: Callable[[Sequence[str]], Vectors],
        alone: Mutex | None = None,
    ) -> None:
        self._engine = engine
        self._model = model
        self._embed = embed
        self._lock = alone or Mutex("grouping")

    def gather(self, limit: int = AT_ONCE) -> int:
        """Put at most `limit` new questions into groups, those left by citizens first; return how many."""
        with self._lock:
            return self._gather(limit)

    def gather_all(self, is_stopped: Callable[[], bool]) -> None:
        """Put all new questions into groups, unless `is_stopped`; for the program's spare time."""
        while not is_stopped() and self.gather() == AT_ONCE:
            pass

    def try_gather(self) -> None:
        """Like `gather`, but skipped if another thread groups for long; failures are only logged."""
        if not self._lock.acquire(timeout=_PATIENCE):
            return
        try:
            self._gather(AT_ONCE)
        except KbError as error:
            logger.warning("new questions are not grouped: %s", error)
        finally:
            self._lock.release()

    def add(self, item: NewItem, also: Callable[[Connection, int], None]) -> int:
        """Put one question into a group at once; return the group's id.

        `also` gets that id in the same transaction.
        """
        with self._lock:
            return self._put([item], also)[0]

    def purge(self, before: datetime) -> None:
        """Like `purge_groups`, while no other thread puts questions into groups."""
        with self._lock, transaction(self._engine) as connection:
            purge_groups(connection, before)

    def _gather(self, limit: int) -> int:
        with transaction(self._engine) as connection:
            new = left_items(connection, limit)
            new += unanswered_items(connection, limit - len(new))
            reopen(connection)
        self._put(new)
        return len(new)

    def _put(
        self, new: Sequence[NewItem], also: Callable[[Connection, int], None] | None = None
    ) -> list[int]:
        """Put `new` into groups; return the groups' ids, one for each item."""
        keys = [question_key(impersonal(item.text)) for item in new]
        with transaction(self._engine) as connection:
            known = _groups_of_keys(connection, set(keys))
            unknown = {key: item.text for key, item in zip(keys, new, strict=True) if key not in known}
            places, unread = _places(connection, self._model) if unknown else (_Places([], [], []), {})
        texts = [*unknown.values(), *unread.values()]
        canonical_texts = [canonical(impersonal(text)) for text in texts]
        vectors = list(self._embed(canonical_texts)) if texts else []
        vector_of = dict(zip(unknown, vectors, strict=False))
        with transaction(self._engine) as connection:
            for group_id, vector in zip(unread, vectors[len(unknown) :], strict=True):
                self._keep_vector(connection, group_id, vector)
                places.add(group_id, unread[group_id], vector)
            asked_at = {key: item.asked_at for key, item in zip(keys, new, strict=True)}
            for key, text in unknown.items():
                same_group = places.find_same(text, vector_of[key])
                if same_group is None:
                    same_group = begin_group(connection, text, idle_since(text, asked_at[key]))
                    self._keep_vector(connection, same_group, vector_of[key])
                    places.add(same_group, text, vector_of[key])
                known[key] = same_group
            for key, item in zip(keys, new, strict=True):
                _join(connection, known[key], key, item)
                if also:
                    also(connection, known[key])
        return [known[key] for key in keys]

    def _keep_vector(self, connection: Connection, group_id: int, vector: Vectors) -> None:
        values = {"model": self._model, "vector": np.asarray(vector, "<f4").tobytes()}
        connection.execute(update(queue_groups).where(queue_groups.c.id == group_id).values(**values))


def same_question(first: str, second: str, cosine: float) -> bool:
    """Whether one reply answers both; `cosine` is that of their vectors, both embedded as queries."""
    likeness = same_meaning(first, second, cosine)
    if likeness.difference is None:
        return likeness.score >= SAME_SCORE
    differing = differences(read(first), read(second))
    vague = all(difference.kind == FACET and not difference.is_grave for difference in differing)
    return vague and likeness.score >= SAME_BUT_FACET


def purge_groups(connection: Connection, before: datetime) -> None:
    """Delete items whose question is gone and reports made `before`, then the groups left empty.

    A group that stays loses a reply given `before`, as the questions that got it are gone.
    """
    item, group = queue_items.c, queue_groups.c
    is_gone = or_(
        and_(item.source == ItemSource.LEFT.value, ~exists().where(questions.c.code == item.ref)),
        and_(item.source == ItemSource.ASKED.value, ~exists().where(asked.c.id == item.ref)),
        and_(item.source == ItemSource.REPORT.value, item.asked_at < before),
    )
    is_its = item.group_id == group.id
    connection.execute(delete(queue_items).where(is_gone))
    connection.execute(delete(queue_groups).where(~exists().where(is_its)))
    connection.execute(update(queue_groups).where(group.closed_at < before).values(closed_text=None))
    without_wording = select(group.id).where(~exists().where(is_its, item.text == group.text))
    for group_id in connection.scalars(without_wording).all():
        reword(connection, group_id)


def idle_since(text: str, asked_at: datetime) -> datetime | None:
    """When a group of `text` is over because it asks nothing (你好, 谢谢); None: it asks something."""
    return None if courtesy_of(text) is None else asked_at


def begin_group(connection: Connection, text: str, idle: datetime | None = None) -> int:
    """A new group without items; its id. With `idle` it is closed from that moment on."""
    values: dict[str, object] = {"text": text, "state": QueueState.WAITING.value, "version": 1}
    if idle is not None:
        over = {"state": QueueState.DISMISSED.value, "closed_at": idle, "closed_text": _SMALL_TALK}
        values |= {**over, "closed_by": _PROGRAM, "closed_title": _PROGRAM}
    primary_key = connection.execute(insert(queue_groups).values(**values)).inserted_primary_key
    assert primary_key is not None
    group_id: int = primary_key[0]
    return group_id


def reword(connection: Connection, group_id: int) -> None:
    """Name a group by the wording of its first item."""
    item = queue_items.c
    first = select(item.text).where(item.group_id == group_id).order_by(item.asked_at, item.ref).limit(1)
    values = {"text": connection.scalar(first), "vector": None, "model": None}
    connection.execute(update(queue_groups).where(queue_groups.c.id == group_id).values(**values))


def _groups_of_keys(connection: Connection, keys: set[str]) -> dict[str, int]:
    """Key -> the group that holds a question of these words; the newest if several do."""
    item = queue_items.c
    rows = select(item.key, item.group_id).where(item.key.in_(keys)).order_by(item.group_id)
    return {row.key: row.group_id for row in connection.execute(rows)}


def _places(connection: Connection, model: str) -> tuple[_Places, dict[int, str]]:
    """The groups with a vector of `model`, and the texts, by group id, of those that still need one."""
    group = queue_groups.c
    places, unread = _Places([], [], []), {}
    for row in connection.execute(select(group.id, group.text, group.model, group.vector)):
        if row.model == model:
            places.add(row.id, row.text, np.frombuffer(row.vector, "<f4"))
        else:
            unread[row.id] = row.text
    return places, unread


def _join(connection: Connection, group_id: int, key: str, item: NewItem) -> None:
    """Put an item into a group; an item that somebody waits for opens a closed group again."""
    row = item.model_dump(exclude={"departments", "source", "kind"})
    row |= {"source": item.source.value, "kind": item.kind.value, "key": key, "group_id": group_id}
    connection.execute(insert(queue_items).values(**row))
    table = queue_departments
    known = set(connection.scalars(select(table.c.department).where(table.c.group_id == group_id)))
    added = [name for name in dict.fromkeys(item.departments) if name not in known]
    if added:
        rows = [{"group_id": group_id, "department": name} for name in added]
        connection.execute(insert(table), rows)
    may_wait = item.source is not ItemSource.ASKED or courtesy_of(item.text) is None
    if item.kind in _REOPENS and may_wait:
        group = queue_groups
        connection.execute(
            update(group)
            .where(
                group.c.id == group_id,
                group.c.state.in_([state.value for state in CLOSED]),
                group.c.closed_at < item.asked_at,
            )
            .values(
                state=QueueState.WAITING.value,
                claimed_by=None,
                claimed_title=None,
                claimed_at=None,
                version=group.c.version + 1,
            )
        )


def reopen(connection: Connection) -> None:
    """Open the closed groups in which somebody waits: a citizen answered to the reply."""
    group, item = queue_groups.c, queue_items.c
    waits = exists().where(
        item.group_id == group.id,
        item.source == ItemSource.LEFT.value,
        item.ref == questions.c.code,
        questions.c.replied_at.is_(None),
    )
    is_closed = group.state.in_([state.value for state in CLOSED])
    ids = connection.scalars(select(group.id).where(is_closed, waits)).all()
    if ids:
        values = {"state": QueueState.WAITING.value, "version": group.version + 1}
        connection.execute(update(queue_groups).where(group.id.in_(ids)).values(**values))
