"""The life of an FAQ entry, and who may take which step.

    draft 草稿 --submit--> submitted 待审核 --approve--> approved 已审核 --withdraw--> withdrawn 已撤下
      ^                        |                            |
      +-------- reject --------+--------- save -------------+        expired 已过期: its last day is over

Editors (FAQ_EDIT) write and submit; reviewers (FAQ_APPROVE) take the other steps; both act only for their
own departments. Nobody approves an entry of their own, nor one that they changed since its last approval;
approval needs the secrecy check (保密审查法定前置: 政府信息公开条例第十七条). An entry whose source no longer
holds is under review (需复核): it does not answer until a reviewer approves it again. Every step raises the
version, and its caller names the version that was read; the step, its version and its audit entry are one
transaction. The matcher is updated after the commit.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from kb.clock import china_day
from kb.embedding.embedder import Vectors
from kb.errors import InputError, NotAllowedError
from kb.faq.drafting import WORDS, changed_facts, entry_of, is_own, masked, new_record, require_for
from kb.faq.feed import list_again
from kb.faq.findings import FaqFinding, compare, look_at_source
from kb.faq.matching import Faq, FaqMatch
from kb.faq.models import FaqDraft, FaqEntry, FaqRecord, FaqStatus, FaqStep
from kb.faq.records import FaqRecords, store, store_new
from kb.faq.review import review_sources
from kb.faq.source import judge
from kb.models import PolicyDocument
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction
from kb.storage.documents import Documents

OnImported = Callable[[int, int], None]  # takes the number of wordings embedded so far, and of all
_EMBEDDED_TOGETHER = 200  # questions between two reports of progress
_UNCHECKED = "通过之前请先做保密审查，并勾选“已做保密审查”。"
_OWN = "自己编写或修改的问答不能自己审核，请另一位审核人员处理。"
_UNAPPROVED: Mapping[str, object] = dict.fromkeys(
    ("review_reason", "source_status", "checked_by", "checked_title", "checked_at")
)
_NO_NOTE = "请写明退回的理由，编写人好据此修改。"


class FaqLife:
    """Takes the steps of entries' lives. All methods raise StoreError when the database fails.

    Steps raise NotAllowedError (403), ConflictError (the version that was read is no longer the current one),
    InputError (wrong input, or a step that the entry's status does not allow) and NotFoundError.
    """

    def __init__(
        self,
        engine: Engine,
        audit: Audit,
        documents: Documents,
        matcher: Faq,
        embed: Callable[[Sequence[str]], Vectors],
    ) -> None:
        self._engine = engine
        self._audit = audit
        self._documents = documents
        self._matcher = matcher
        self._embed = embed
        self.records = FaqRecords(engine)
        self._at_work = Faq([_matchable(record) for record in self.records.unanswering()], embed)
        self._lock = threading.Lock()

    def create(self, staff: Staff, draft: FaqDraft, now: datetime) -> FaqRecord:
        """Add a new draft."""
        require_for(staff, Action.FAQ_EDIT, draft.department)
        return self.add(staff, [draft], False, FaqStep.CREATED, now)[0]

    def propose(
        self, staff: Staff, draft: FaqDraft, now: datetime, asked_at: datetime | None = None
    ) -> FaqRecord:
        """Add a draft by staff who answer questions (QUEUE), in the words a citizen used at `asked_at`."""
        require_for(staff, Action.QUEUE, draft.department)
        return self.add(staff, [masked(draft)], False, FaqStep.CREATED, now, asked_at=asked_at or now)[0]

    def save(self, staff: Staff, entry_id: str, version: int, draft: FaqDraft, now: datetime) -> FaqRecord:
        """Save new words for an entry, which becomes a draft again; do nothing when they are the same."""
        old = self._open(staff, Action.FAQ_EDIT, entry_id)
        require_for(staff, Action.FAQ_EDIT, draft.department)
        near = old.entry.span.start if old.entry.span else 0
        entry, quote = entry_of(draft, entry_id, self._documents.get, near)
        if entry.model_copy(update={"status": old.entry.status}) == old.entry and version == old.version:
            return old
        editor = {"editor": staff.name, "editor_title": staff.title}
        change = {"entry": entry, "quote": quote, **editor, **_UNAPPROVED}
        return self._step(staff, old, version, FaqStep.SAVED, change, now)

    def submit(self, staff: Staff, entry_id: str, version: int, now: datetime) -> FaqRecord:
        """Submit a draft for review."""
        old = self._open(staff, Action.FAQ_EDIT, entry_id)
        _expect(old, version, FaqStep.SUBMITTED, old.entry.status is FaqStatus.DRAFT)
        change = {"entry": _with_status(old, FaqStatus.SUBMITTED), "note": None}
        return self._step(staff, old, version, FaqStep.SUBMITTED, change, now)

    def approve(
        self, staff: Staff, entry_id: str, version: int, secrecy_checked: bool, now: datetime
    ) -> FaqRecord:
        """Approve a submitted entry, or one under review, so that it answers."""
        old = self._open(staff, Action.FAQ_APPROVE, entry_id)
        _expect(old, version, FaqStep.APPROVED, old.awaits_review)
        if staff.name in (old.author, old.editor, *self.records.writers(entry_id)):
            raise NotAllowedError(_OWN)
        if not secrecy_checked:
            raise InputError(_UNCHECKED)
        until = old.entry.valid_until
        if until is not None and until < china_day(now):
            raise InputError(f"有效期到 {until} 为止，已经过了；请先退回修改有效期。")
        change = {
            **self._source_today(old),
            "review_reason": None,
            "note": None,
            "checked_by": staff.name,
            "checked_title": staff.title,
            "checked_at": now,
        }
        return self._step(staff, old, version, FaqStep.APPROVED, change, now)

    def reject(self, staff: Staff, entry_id: str, version: int, note: str, now: datetime) -> FaqRecord:
        """Send an entry that awaits review back to its editor as a draft; `note` says why."""
        old = self._open(staff, Action.FAQ_APPROVE, entry_id)
        _expect(old, version, FaqStep.REJECTED, old.awaits_review)
        if not note.strip():
            raise InputError(_NO_NOTE)
        change = {"entry": _with_status(old, FaqStatus.DRAFT), "note": note.strip()}
        return self._step(staff, old, version, FaqStep.REJECTED, change, now)

    def withdraw(self, staff: Staff, entry_id: str, version: int, now: datetime) -> FaqRecord:
        """Withdraw an entry, so that it no longer answers; it can be saved again as a draft."""
        old = self._open(staff, Action.FAQ_APPROVE, entry_id)
        _expect(old, version, FaqStep.WITHDRAWN, old.entry.status is not FaqStatus.WITHDRAWN)
        change = {"entry": _with_status(old, FaqStatus.WITHDRAWN), "review_reason": None}
        return self._step(staff, old, version, FaqStep.WITHDRAWN, change, now)

    def findings(self, staff: Staff, draft: FaqDraft, entry_id: str | None) -> tuple[FaqFinding, ...]:
        """What `staff` who save `draft` should know; `entry_id`: the entry that it changes, None if new.

        Entries of other departments are named once they answer.

        Raises:
            ModelError: the embedding model fails.
        """
        best: dict[str, FaqMatch] = {}
        wordings = (draft.question, *draft.variants)
        for wording, vector in zip(wordings, self._embed(wordings), strict=True):
            for matcher in (self._matcher, self._at_work):
                for match in matcher.match(wording, vector, None):
                    known = best.get(match.entry.id)
                    if known is None or match.score > known.score:
                        best[match.entry.id] = match
        best.pop(entry_id or "", None)
        matches = sorted(best.values(), key=lambda match: -match.score)
        shown = (one for one in self.records.some(list(best)) if one.answers or is_own(staff, one))
        others = {record.entry.id: record for record in shown}
        document = self._documents.get(draft.document_id) if draft.document_id else None
        compared = compare(draft, matches, others, self._documents.units())
        return (*compared, *look_at_source(draft, document))

    def add(
        self,
        staff: Staff,
        drafts: Sequence[FaqDraft],
        submit: bool,
        step: FaqStep,
        now: datetime,
        progress: OnImported | None = None,
        asked_at: datetime | None = None,
    ) -> list[FaqRecord]:
        """Add new entries, all or none; the caller checks who may add them (see kb.faq.importing)."""
        documents: dict[str, PolicyDocument | None] = {}

        def find(document_id: str) -> PolicyDocument | None:
            if document_id not in documents:
                documents[document_id] = self._documents.get(document_id)
            return documents[document_id]

        status = FaqStatus.SUBMITTED if submit else FaqStatus.DRAFT
        records = [new_record(staff, draft, status, find, now, asked_at) for draft in drafts]
        self._prepare([wording for record in records for wording in record.entry.wordings], progress)
        ids = [record.entry.id for record in records]
        with transaction(self._engine) as connection:
            store_new(connection, records, step)
            if step is FaqStep.IMPORTED:
                facts = {"count": len(ids), "status": status.label, "ids": ids}
                self._audit.write(connection, staff.name, "导入问答", "常见问答", None, facts, now)
            else:
                for record in records:
                    self._write(connection, staff, step, None, record, now)
        self.tell(ids)
        return records

    def review(self, document_ids: Iterable[str] | None = None) -> tuple[str, ...]:
        """Flag the entries whose source in `document_ids` (None: any) no longer holds; return their ids.

        Call this after documents were replaced, removed or given another validity.
        """
        now = datetime.now(UTC)
        ids = None if document_ids is None else list(document_ids)
        flagged, moved = review_sources(self._engine, self._audit, self.records, self._documents, ids, now)
        if flagged or moved:
            self.tell([*flagged, *moved])
        return tuple(flagged)

    def tell(self, ids: Sequence[str]) -> None:
        """Bring the matchers up to date with the entries `ids` as SQL has them now.

        The entries are read under the lock, so that the matchers end with what was committed last.
        """
        with self._lock:
            records = self.records.some(ids)
            unanswering = [record for record in records if not record.answers]
            self._matcher.update([record.entry for record in records if record.answers], ids)
            in_progress = [record for record in unanswering if record.entry.status is not FaqStatus.WITHDRAWN]
            self._at_work.update([_matchable(record) for record in in_progress], ids)

    def _open(self, staff: Staff, action: Action, entry_id: str) -> FaqRecord:
        """The entry `entry_id`; raise NotAllowedError unless `staff` may do `action` on it."""
        require(staff, action)  # first, so that nobody else learns whether the entry exists
        record = self.records.get(entry_id)
        require_for(staff, action, record.entry.department)
        return record

    def _step(
        self,
        staff: Staff,
        old: FaqRecord,
        version: int,
        step: FaqStep,
        change: Mapping[str, object],
        now: datetime,
    ) -> FaqRecord:
        new = old.model_copy(update={**change, "version": version + 1, "updated": now})
        with transaction(self._engine) as connection:
            store(connection, new, step, staff)
            self._write(connection, staff, step, old, new, now)
            list_again(connection, [new.entry.id], now)
        self.tell([new.entry.id])
        return new

    def _write(
        self,
        connection: Connection,
        staff: Staff,
        step: FaqStep,
        old: FaqRecord | None,
        new: FaqRecord,
        now: datetime,
    ) -> None:
        before, after = changed_facts(old, new)
        subject = f"问答 {new.entry.id}"
        self._audit.write(connection, staff.name, f"{step.value}问答", subject, before, after, now, WORDS)

    def _prepare(self, wordings: Sequence[str], progress: OnImported | None) -> None:
        """Embed `wordings` before anything is stored, so that a failing model leaves nothing half done."""
        for start in range(0, len(wordings), _EMBEDDED_TOGETHER):
            self._embed(wordings[start : start + _EMBEDDED_TOGETHER])
            if progress is not None:
                progress(min(start + _EMBEDDED_TOGETHER, len(wordings)), len(wordings))

    def _source_today(self, record: FaqRecord) -> Mapping[str, object]:
        """The fields that approval changes: the status, the quote and its place, the document's validity."""
        entry = _with_status(record, FaqStatus.APPROVED)
        if entry.document_id is None:
            return {"entry": entry}
        document = self._documents.get(entry.document_id)
        verdict = judge(record, document)
        if document is None or (entry.span is not None and verdict.source is None):
            raise InputError(f"{verdict.reason}；请退回，由编写人重新选定出处。")
        source = verdict.source
        place = {"span": source.span} if source else {}
        return {
            "entry": entry.model_copy(update=place),
            "quote": source.quote if source else None,
            "source_status": document.status.value,
        }


def _expect(old: FaqRecord, version: int, step: FaqStep, fits: bool) -> None:
    """Raise InputError if the entry's status does not allow `step`; `store` finds another version later."""
    if old.version == version and not fits:
        review = "，而且不在复核中" if old.entry.status is FaqStatus.APPROVED else ""
        raise InputError(f"这条问答现在是“{old.entry.status.label}”{review}，不能{step.value}。")


def _with_status(record: FaqRecord, status: FaqStatus) -> FaqEntry:
    return record.entry.model_copy(update={"status": status})


def _matchable(record: FaqRecord) -> FaqEntry:
    """The entry with status approved, as the matcher skips all others."""
    return _with_status(record, FaqStatus.APPROVED)
