"""Evaluation pairs of the district: questions whose right passage staff have picked, or that none answers.

A pair holds the words that answer, not only their place, so that it outlives a new reading of the document.
Questions are masked (kb.language.masking), as staff may type a citizen's. Exported, the pairs are a question
file of `python -m eval run` (eval.dataset).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, select, update

from kb.errors import InputError, NotFoundError
from kb.language.masking import mask
from kb.language.normalise import question_key
from kb.models import MAX_QUESTION_CHARS, Model, Question
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction
from kb.storage.documents import Documents
from kb.storage.queue_tables import trial_pairs

MOST = 2_000  # an evaluation of so many takes some twenty minutes
_TYPE = "district"  # in the question file
_WORDS = ("question", "history")
_NO_PASSAGE = "这一段已经不在了（文件刚有变动），请再问一次后选。"
_GONE = "这道题已经不在了，请刷新。"


class Pair(Model):
    """A question and the passage that answers it; without `document_id`: no document does."""

    id: int
    question: str
    history: tuple[str, ...]
    document_id: str | None
    document: str | None
    section: str
    passage: str
    made_by: str
    made_title: str
    made_at: datetime

    @property
    def asked(self) -> Question:
        """The question as it is asked."""
        return Question(text=self.question, history=self.history)

    @property
    def expected(self) -> str:
        """What is right, in one line."""
        if self.document is None:
            return "文件里没有答案"
        return f"《{self.document}》{self.section}"


class Pairs:
    """The pairs in SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, audit: Audit, documents: Documents) -> None:
        self._engine = engine
        self._audit = audit
        self._documents = documents

    def all(self, staff: Staff) -> tuple[Pair, ...]:
        """Every pair, newest first."""
        require(staff, Action.TRY)
        with transaction(self._engine) as connection:
            return _read(connection)

    def save(self, staff: Staff, question: Question, chunk_id: str | None, now: datetime) -> Pair:
        """Save that the passage `chunk_id` answers `question`, or that none does, in place of what was said.

        Raises:
            NotAllowedError: the role may not.
            InputError: the question is empty or too long, the passage is gone, or there are MOST pairs.
        """
        require(staff, Action.PAIRS)
        values: dict[str, object] = {
            **_asked(question),
            **self._answer(chunk_id),
            "made_by": staff.name,
            "made_title": staff.title,
            "made_at": now,
        }
        with transaction(self._engine) as connection:
            pairs = _read(connection)
            before = next((pair for pair in pairs if _key(pair.asked) == _key(_question(values))), None)
            if before is None and len(pairs) >= MOST:
                raise InputError(f"评测题最多 {MOST} 道，请先删去一些。")
            if before is None:
                key = connection.execute(insert(trial_pairs).values(**values)).inserted_primary_key
                assert key is not None
                saved = Pair.model_validate({"id": key[0], **values})
            else:
                changing = update(trial_pairs).where(trial_pairs.c.id == before.id)
                connection.execute(changing.values(**values))
                saved = Pair.model_validate({"id": before.id, **values})
            self._write(connection, staff, "存入评测题", before, saved, now)
        return saved

    def remove(self, staff: Staff, pair_id: int, now: datetime) -> None:
        """Delete a pair.

        Raises:
            NotAllowedError: the role may not.
            NotFoundError: it is gone.
        """
        require(staff, Action.PAIRS)
        with transaction(self._engine) as connection:
            before = next((pair for pair in _read(connection) if pair.id == pair_id), None)
            if before is None:
                raise NotFoundError(_GONE, _GONE)
            connection.execute(delete(trial_pairs).where(trial_pairs.c.id == pair_id))
            self._write(connection, staff, "删除评测题", before, None, now)

    def as_lines(self, staff: Staff) -> str:
        """The pairs as a question file of `python -m eval run`, oldest first; documents by file name."""
        pairs = self.all(staff)
        ids = {pair.document_id for pair in pairs if pair.document_id}
        sources = {summary.id: summary.source for summary in self._documents.summaries(ids)} if ids else {}
        return "".join(f"{line}\n" for line in map(_as_json, _with_names(reversed(pairs), sources)))

    def _answer(self, chunk_id: str | None) -> dict[str, object]:
        """The fields that say where the answer stands."""
        if chunk_id is None:
            return {"document_id": None, "document": None, "section": "", "passage": ""}
        chunk = self._documents.chunks([chunk_id]).get(chunk_id)
        if chunk is None:
            raise InputError(_NO_PASSAGE)
        return {
            "document_id": chunk.document_id,
            "document": chunk.document_title,
            "section": " > ".join(chunk.heading_path),
            "passage": chunk.text,
        }

    def _write(
        self,
        connection: Connection,
        staff: Staff,
        action: str,
        before: Pair | None,
        after: Pair | None,
        now: datetime,
    ) -> None:
        pair = after or before
        assert pair is not None
        self._audit.write(
            connection, staff.name, action, f"评测题 {pair.id}", _told(before), _told(after), now, _WORDS
        )


def _told(pair: Pair | None) -> dict[str, object] | None:
    """A pair as the audit log tells it."""
    if pair is None:
        return None
    return {"question": pair.question, "history": list(pair.history), "expected": pair.expected}


def _asked(question: Question) -> dict[str, object]:
    """The question as it is kept.

    Raises:
        InputError: it is empty or too long.
    """
    text = mask(question.text.strip())
    if not text:
        raise InputError("问题不能为空。")
    if len(text) > MAX_QUESTION_CHARS:
        raise InputError(f"问题有 {len(text)} 个字，最多 {MAX_QUESTION_CHARS} 个字。")
    history = [mask(turn.strip())[:MAX_QUESTION_CHARS] for turn in question.history if turn.strip()]
    return {"question": text, "history": history}


def _question(values: dict[str, object]) -> Question:
    return Question.model_validate({"text": values["question"], "history": values["history"]})


def _key(question: Question) -> tuple[str, ...]:
    """The same for two typings of one question after the same questions."""
    return tuple(map(question_key, (*question.history, question.text)))


def _read(connection: Connection) -> tuple[Pair, ...]:
    rows = connection.execute(select(trial_pairs).order_by(trial_pairs.c.id.desc())).mappings()
    return tuple(Pair.model_validate(dict(row)) for row in rows)


def _with_names(pairs: Iterable[Pair], sources: dict[str, str]) -> Sequence[tuple[Pair, str | None]]:
    """Each pair with the file name of its document, or its title where the document is gone."""
    return [(pair, sources.get(pair.document_id or "", pair.document or "") or None) for pair in pairs]


def _as_json(named: tuple[Pair, str | None]) -> str:
    """A line of a question file."""
    pair, source = named
    line: dict[str, object] = {"qid": f"district-{pair.id}", "question": pair.question, "type": _TYPE}
    if pair.history:
        line["history"] = list(pair.history)
    if pair.document_id is None:
        line["answerable"] = False
    else:
        line |= {"doc_id": source, "evidence": [pair.passage], "section": pair.section}
    return json.dumps(line, ensure_ascii=False)
