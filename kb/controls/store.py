"""The column's settings in SQL: the switch, the threshold, the sentences, the documents left out.

What holds is kept in memory as `Rules` and put anew after each change, so that every thread has it with its
next question. One process at a time holds the knowledge base (kb.storage.home), so nobody else changes it.
"""

import threading
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update

from kb.controls.rules import (
    SENTENCES,
    THRESHOLD,
    Mode,
    Rules,
    check_notice,
    check_sentence,
    check_threshold,
    default_sentence,
)
from kb.errors import ConflictError, NotFoundError
from kb.models import Model
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.storage import tables
from kb.storage.database import transaction
from kb.storage.documents import Documents

SWITCH, EXCLUDED, THRESHOLD_KEY, _SENTENCE = "switch", "excluded", "threshold", "sentence."


class Saved(Model):
    """Who saved a setting last; version 0: it is as shipped."""

    version: int = 0
    who: str = ""
    at: datetime | None = None


class CannedSentence(Model):
    """One of the sentences citizens see: as shipped, and as it is said now."""

    name: str
    where: str
    default: str
    text: str
    saved: Saved


class ExcludedDocument(Model):
    """A document left out of answers; without title when it is no longer in the knowledge base."""

    document_id: str
    title: str | None


class Overview(Model):
    """All settings, for the form in which they are changed."""

    mode: Mode
    notice: str
    switched: Saved
    threshold: float
    default_threshold: float
    threshold_saved: Saved
    excluded: tuple[ExcludedDocument, ...]
    excluded_saved: Saved
    sentences: tuple[CannedSentence, ...]


class _Stored(Model):
    """A row of the table; `value` is what the key's own kind of JSON is."""

    value: object
    saved: Saved


class Column:
    """Reads and changes the settings. All methods raise StoreError when the database fails.

    Those that change something take the version that was read. They raise
        NotAllowedError: who asks is no administrator.
        ConflictError: somebody else has saved since; nothing was changed.
        InputError: the value cannot be taken.
    """

    def __init__(self, engine: Engine, audit: Audit, documents: Documents) -> None:
        self._engine = engine
        self._audit = audit
        self._documents = documents
        self._lock = threading.Lock()
        self._rules = _rules(self._stored())

    def rules(self) -> Rules:
        """What holds now; the same object until something is changed."""
        return self._rules

    def overview(self, staff: Staff) -> Overview:
        """All settings.

        Raises:
            NotAllowedError: who asks is no administrator.
        """
        require(staff, Action.SETTINGS)
        stored = self._stored()
        rules = _rules(stored)
        titles = {summary.id: summary.title for summary in self._documents.summaries(rules.excluded)}
        return Overview(
            mode=rules.mode,
            notice=rules.notice,
            switched=_saved(stored, SWITCH),
            threshold=rules.threshold,
            default_threshold=THRESHOLD,
            threshold_saved=_saved(stored, THRESHOLD_KEY),
            excluded=tuple(
                ExcludedDocument(document_id=each, title=titles.get(each)) for each in sorted(rules.excluded)
            ),
            excluded_saved=_saved(stored, EXCLUDED),
            sentences=tuple(
                CannedSentence(
                    name=name,
                    where=where,
                    default=default_sentence(name),
                    text=rules.say(default_sentence(name)),
                    saved=_saved(stored, f"{_SENTENCE}{name}"),
                )
                for name, where in SENTENCES.items()
            ),
        )

    def switch(self, mode: Mode, notice: str, version: int, staff: Staff, now: datetime) -> None:
        """Answer, only search or neither from now on; an empty `notice` means the shipped one."""
        value = {"mode": mode.value, "notice": check_notice(notice)}
        self._save(SWITCH, "栏目开关", value, version, staff, now)

    def set_threshold(self, threshold: float, version: int, staff: Staff, now: datetime) -> None:
        """Answer from this confidence on (kb.answering.evidence)."""
        self._save(THRESHOLD_KEY, "证据门槛", check_threshold(threshold), version, staff, now)

    def set_sentence(self, name: str, text: str | None, version: int, staff: Staff, now: datetime) -> None:
        """Say `text` in place of the sentence `name` of kb.controls.wording; None: say it as shipped."""
        value = None if text is None else check_sentence(name, text)
        default_sentence(name)  # its name is checked for None as well
        self._save(f"{_SENTENCE}{name}", f"固定用语 {name}", value, version, staff, now)

    def exclude(self, document_id: str, excluded: bool, version: int, staff: Staff, now: datetime) -> None:
        """Leave a document out of all answers, or take it in again.

        Raises:
            NotFoundError: there is no such document to leave out.
        """
        require(staff, Action.SETTINGS)
        found = self._documents.summaries([document_id])
        if excluded and not found:
            raise NotFoundError(f"没有编号为 {document_id} 的文件", f"没有编号为 {document_id} 的文件。")
        before = self._rules.excluded
        after = before | {document_id} if excluded else before - {document_id}
        title = f"《{found[0].title}》" if found else document_id
        self._save(EXCLUDED, f"排除文件 {title}", sorted(after), version, staff, now)

    def _save(self, key: str, subject: str, value: object, version: int, staff: Staff, now: datetime) -> None:
        require(staff, Action.SETTINGS)
        with self._lock:  # what is read back below is what was saved last
            with transaction(self._engine) as connection:
                before = self._put(connection, key, subject, value, version, staff, now)
                old = None if before is None else {"value": before.value}
                self._audit.write(connection, staff.name, "修改设置", subject, old, {"value": value}, now)
            self._rules = _rules(self._stored())

    def _put(
        self,
        connection: Connection,
        key: str,
        subject: str,
        value: object,
        version: int,
        staff: Staff,
        now: datetime,
    ) -> _Stored | None:
        """Store a value in place of `version`; what was stored before."""
        table = tables.column_settings
        row = {"value": value, "version": version + 1, "who": staff.name, "changed_at": now}
        before = _read(connection).get(key)
        current = before.saved.version if before else 0
        mine = (table.c.key == key, table.c.version == version)
        if current == version == 0:
            connection.execute(insert(table).values(key=key, **row))
        elif current != version or not connection.execute(update(table).where(*mine).values(row)).rowcount:
            who = before.saved.who if before else ""
            raise ConflictError(f"“{subject}”刚刚由 {who} 改过，您的修改没有保存；请刷新后再改。")
        return before

    def _stored(self) -> dict[str, _Stored]:
        with transaction(self._engine) as connection:
            return _read(connection)


def _read(connection: Connection) -> dict[str, _Stored]:
    return {
        row.key: _Stored(value=row.value, saved=Saved(version=row.version, who=row.who, at=row.changed_at))
        for row in connection.execute(select(tables.column_settings))
    }


def _saved(stored: Mapping[str, _Stored], key: str) -> Saved:
    return stored[key].saved if key in stored else Saved()


def _rules(stored: Mapping[str, _Stored]) -> Rules:
    """The rules that the stored values make; a sentence that is no longer in kb.controls.wording is passed over."""
    given: dict[str, object] = {}
    switch = stored[SWITCH].value if SWITCH in stored else None
    if isinstance(switch, dict):
        given |= switch
    for key, field in ((THRESHOLD_KEY, "threshold"), (EXCLUDED, "excluded")):
        if key in stored:
            given[field] = stored[key].value
    worded = {
        name: stored[f"{_SENTENCE}{name}"].value for name in SENTENCES if f"{_SENTENCE}{name}" in stored
    }
    reworded = {default_sentence(name): text for name, text in worded.items() if text is not None}
    return Rules.model_validate({**given, "reworded": reworded})
