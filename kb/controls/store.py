"""The column's settings in SQL: the switch, the threshold, the sentences, the excluded documents, changes of
the everyday words, and the roles of staff that must sign in in two steps.

The settings in force are kept in memory as `Rules` and made anew after each change, so that every thread uses
them from its next question on. After a change by another process, `renew` reads them.
"""

import threading
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update

from kb.controls.everyday_words import MOST, check_everyday
from kb.controls.rules import (
    HOTLINE,
    SENTENCES,
    THRESHOLD,
    Mode,
    Rules,
    check_notice,
    check_sentence,
    check_threshold,
    default_sentence,
)
from kb.errors import ConflictError, InputError, NotFoundError
from kb.models import Model
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Role, Staff, require
from kb.storage import tables
from kb.storage.database import transaction
from kb.storage.documents import Documents

SWITCH, EXCLUDED, THRESHOLD_KEY, _SENTENCE = "switch", "excluded", "threshold", "sentence."
DEPARTMENT_MAP, STARTERS = "department_map", "starters"
_SECOND_STEP, _EVERYDAY = "second_step", "everyday_words"
# In the audit log, each with a name or a word after it.
SENTENCE_SUBJECT, EVERYDAY_SUBJECT = "固定用语 ", "日常说法 "


class Saved(Model):
    """Who saved a setting last, and when; version 0: the setting is as shipped."""

    version: int = 0
    who: str = ""
    at: datetime | None = None


class CannedSentence(Model):
    """A sentence that citizens see: `default` as shipped, `text` as worded now; `where` says where."""

    name: str
    where: str
    default: str
    text: str
    saved: Saved


class ExcludedDocument(Model):
    """A document excluded from answers; `title` is None when the knowledge base no longer has it."""

    document_id: str
    title: str | None


class Overview(Model):
    """All settings, for the form that changes them."""

    mode: Mode
    notice: str
    switched: Saved
    threshold: float
    default_threshold: float
    threshold_saved: Saved
    excluded: tuple[ExcludedDocument, ...]
    excluded_saved: Saved
    second_step_roles: tuple[Role, ...]
    second_step_saved: Saved
    sentences: tuple[CannedSentence, ...]
    everyday: Mapping[str, str]
    everyday_saved: Saved


class _Stored(Model):
    """A row of the table; the key decides what JSON `value` is."""

    value: object
    saved: Saved


class Controls:
    """Reads and changes the settings. All methods raise StoreError when the database fails.

    Methods that change a setting take the version of it that was read. They raise
        NotAllowedError: `staff` is no administrator.
        ConflictError: somebody else has saved since; nothing was changed.
        InputError: the value is not allowed.
    """

    def __init__(self, engine: Engine, audit: Audit, documents: Documents, hotline: str = HOTLINE) -> None:
        self._engine = engine
        self._audit = audit
        self._documents = documents
        self._hotline = hotline
        self._lock = threading.Lock()
        self._read_again()

    def rules(self) -> Rules:
        """The rules in force; the same object until a setting is changed."""
        return self._rules

    def second_step_roles(self) -> frozenset[Role]:
        """The roles that must sign in in two steps; the same object until a setting is changed."""
        return self._second_step

    def overview(self, staff: Staff) -> Overview:
        """All settings.

        Raises:
            NotAllowedError: `staff` is no administrator.
        """
        require(staff, Action.SETTINGS)
        stored = self._stored()
        rules = self._rules_of(stored)
        titles = {summary.id: summary.title for summary in self._documents.summaries(rules.excluded)}
        return Overview(
            mode=rules.mode,
            notice=rules.notice,
            switched=_saved(stored, SWITCH),
            threshold=rules.threshold,
            default_threshold=THRESHOLD,
            threshold_saved=_saved(stored, THRESHOLD_KEY),
            excluded=tuple(
                ExcludedDocument(document_id=document_id, title=titles.get(document_id))
                for document_id in sorted(rules.excluded)
            ),
            excluded_saved=_saved(stored, EXCLUDED),
            second_step_roles=_in_order(_second_step(stored)),
            second_step_saved=_saved(stored, _SECOND_STEP),
            sentences=tuple(
                CannedSentence(
                    name=name,
                    where=where,
                    default=default_sentence(name),
                    text=rules.worded(default_sentence(name)),
                    saved=_saved(stored, f"{_SENTENCE}{name}"),
                )
                for name, where in SENTENCES.items()
            ),
            everyday=rules.everyday,
            everyday_saved=_saved(stored, _EVERYDAY),
        )

    def switch(self, mode: Mode, notice: str, version: int, staff: Staff, now: datetime) -> None:
        """Set the mode and the notice that it shows; an empty `notice` means the shipped one."""
        value = {"mode": mode.value, "notice": check_notice(notice)}
        self.save(SWITCH, "栏目开关", value, version, staff, now)

    def set_threshold(self, threshold: float, version: int, staff: Staff, now: datetime) -> None:
        """Set the confidence from which questions are answered (kb.answering.evidence)."""
        self.save(THRESHOLD_KEY, "证据门槛", check_threshold(threshold), version, staff, now)

    def set_sentence(self, name: str, text: str | None, version: int, staff: Staff, now: datetime) -> None:
        """Replace the sentence `name` of kb.controls.wording by `text`; None restores the shipped one."""
        value = None if text is None else check_sentence(name, text)
        default_sentence(name)  # raises for an unknown name, also when `text` is None
        self.save(f"{_SENTENCE}{name}", f"{SENTENCE_SUBJECT}{name}", value, version, staff, now)

    def exclude(self, document_id: str, excluded: bool, version: int, staff: Staff, now: datetime) -> None:
        """Exclude a document from all answers, or include it again.

        Raises:
            NotFoundError: the document to exclude does not exist.
        """
        require(staff, Action.SETTINGS)
        summaries = self._documents.summaries([document_id])
        if excluded and not summaries:
            raise NotFoundError(f"没有编号为 {document_id} 的文件", f"没有编号为 {document_id} 的文件。")
        before = self._rules.excluded
        after = before | {document_id} if excluded else before - {document_id}
        title = f"《{summaries[0].title}》" if summaries else document_id
        self.save(EXCLUDED, f"排除文件 {title}", sorted(after), version, staff, now)

    def require_second_step(self, roles: Collection[Role], version: int, staff: Staff, now: datetime) -> None:
        """Set the roles that must sign in in two steps: who has not set it up must do that first."""
        value = [role.value for role in _in_order(roles)]
        self.save(_SECOND_STEP, "必须两步登录的角色", value, version, staff, now)

    def set_everyday(
        self, said: str, official: str | None, version: int, staff: Staff, now: datetime
    ) -> None:
        """Look for `official` where people say `said`; "" leaves it as typed, None restores the default."""
        require(staff, Action.SETTINGS)
        said, official = check_everyday(said, official)
        words = {word: changed for word, changed in self._rules.everyday.items() if word != said}
        if official is not None:
            words[said] = official
        if len(words) > MOST:
            raise InputError(f"最多改 {MOST} 条；请整理后写进 kb/lexicon/synonyms.txt。")
        self.save(_EVERYDAY, f"{EVERYDAY_SUBJECT}{said}", words, version, staff, now)

    def saved(self, key: str) -> Saved:
        """Who saved the setting `key` last."""
        return _saved(self._stored(), key)

    def save(self, key: str, subject: str, value: object, version: int, staff: Staff, now: datetime) -> None:
        """Store a setting that was checked; `subject` names it in the audit log."""
        require(staff, Action.SETTINGS)
        with self._lock:  # so that the rules read below are those saved last
            with transaction(self._engine) as connection:
                before = self._put(connection, key, subject, value, version, staff, now)
                old = None if before is None else {"value": before.value}
                self._audit.write(connection, staff.name, "修改设置", subject, old, {"value": value}, now)
            self._read_again()

    def renew(self) -> None:
        """Read the settings again, because another process may have changed them."""
        with self._lock:
            self._read_again()

    def _read_again(self) -> None:
        stored = self._stored()
        self._rules, self._second_step = self._rules_of(stored), _second_step(stored)

    def _rules_of(self, stored: Mapping[str, _Stored]) -> Rules:
        return _rules(stored).model_copy(update={"hotline": self._hotline})

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
        """Store a value in place of its version `version`; return what was stored before."""
        table = tables.column_settings
        row = {"value": value, "version": version + 1, "who": staff.name, "changed_at": now}
        before = _read(connection).get(key)
        current = before.saved.version if before else 0
        own_row = (table.c.key == key, table.c.version == version)
        if current == version == 0:
            connection.execute(insert(table).values(key=key, **row))
        elif current != version or not connection.execute(update(table).where(*own_row).values(row)).rowcount:
            who = before.saved.who if before else "别人"
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
    """The rules made of the stored values; sentences no longer in kb.controls.wording are ignored."""
    fields: dict[str, object] = {}
    switch = stored[SWITCH].value if SWITCH in stored else None
    if isinstance(switch, dict):
        fields |= switch
    for key, field in (
        (THRESHOLD_KEY, "threshold"),
        (EXCLUDED, "excluded"),
        (_EVERYDAY, "everyday"),
        (DEPARTMENT_MAP,) * 2,
        (STARTERS,) * 2,
    ):
        if key in stored:
            fields[field] = stored[key].value
    texts = {name: stored[f"{_SENTENCE}{name}"].value for name in SENTENCES if f"{_SENTENCE}{name}" in stored}
    reworded = {default_sentence(name): text for name, text in texts.items() if text is not None}
    return Rules.model_validate({**fields, "reworded": reworded})


def _second_step(stored: Mapping[str, _Stored]) -> frozenset[Role]:
    """The stored roles; those that the program no longer has are left out."""
    value = stored[_SECOND_STEP].value if _SECOND_STEP in stored else []
    return frozenset(role for role in Role if isinstance(value, list) and role.value in value)


def _in_order(roles: Collection[Role]) -> tuple[Role, ...]:
    return tuple(role for role in Role if role in roles)
