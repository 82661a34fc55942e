"""FAQ entries as staff see them, in SQL: the current record of each entry, and every version it had.

`store` writes an entry and its new version and nothing else; the caller writes the audit entry in the same
transaction (kb.faq.life).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, and_, func, insert, or_, select, update

from kb.clock import clock_time
from kb.errors import ConflictError, NotFoundError
from kb.faq.models import FaqEntry, FaqFilter, FaqPage, FaqRecord, FaqState, FaqStatus, FaqStep, FaqVersion
from kb.language.normalise import canonical
from kb.staff.permissions import Staff
from kb.storage import tables
from kb.storage.database import portions, transaction


class FaqRecords:
    """Reads the records from SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, entry_id: str) -> FaqRecord:
        """The record of an entry.

        Raises:
            NotFoundError: no entry has this id.
        """
        records = self.some([entry_id])
        if not records:
            sentence = f"没有编号为 {entry_id} 的问答"
            raise NotFoundError(sentence, f"{sentence}。")
        return records[0]

    def some(self, ids: Sequence[str]) -> list[FaqRecord]:
        """The records of the entries `ids`; ids without an entry are skipped."""
        records: list[FaqRecord] = []
        for portion in portions(ids):
            records += self._where(tables.faq_entries.c.id.in_(portion))
        return records

    def all(self, departments: Sequence[str] = ()) -> list[FaqRecord]:
        """Every record, or those of `departments`, in the order of the ids."""
        return self._where(*_of(departments))

    def unanswering(self) -> list[FaqRecord]:
        """Entries in progress: drafts, submitted ones and those under review (需复核)."""
        table = tables.faq_entries.c
        unapproved = table.status.in_((FaqStatus.DRAFT.value, FaqStatus.SUBMITTED.value))
        return self._where(or_(unapproved, and_(table.review_reason.is_not(None), _is(FaqStatus.APPROVED))))

    def citing(self, document_ids: Iterable[str] | None) -> list[FaqRecord]:
        """Entries not withdrawn that cite one of `document_ids`, or any document when that is None."""
        table = tables.faq_entries.c
        not_withdrawn = table.status != FaqStatus.WITHDRAWN.value
        if document_ids is None:
            return self._where(not_withdrawn, table.document_id.is_not(None))
        return self._where(not_withdrawn, table.document_id.in_(list(document_ids)))

    def page(
        self, wanted: FaqFilter, day: date, number: int, size: int, departments: Sequence[str] = ()
    ) -> FaqPage:
        """Page `number` (from 1) of the entries that match `wanted` on `day`, last changed first.

        Only entries of `departments`, when any are given.
        """
        table = tables.faq_entries
        conditions = [*_conditions(wanted, day), *_of(departments)]
        rows = select(table).where(*conditions).order_by(table.c.updated.desc(), table.c.id)
        with transaction(self._engine) as connection:
            total = connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
            page = connection.execute(rows.limit(size).offset((number - 1) * size)).mappings()
            return FaqPage(records=tuple(map(record_of, page)), total=total)

    def departments(self) -> list[str]:
        """Every department that entries belong to, sorted."""
        column = tables.faq_entries.c.department
        with transaction(self._engine) as connection:
            return sorted(connection.scalars(select(column).where(column.is_not(None)).distinct()))

    def keys(self, departments: Sequence[str] = ()) -> dict[str, str]:
        """Canonical question -> id, for the entries that are not withdrawn.

        With `departments`, only for theirs and for those that answer citizens.
        """
        table = tables.faq_entries.c
        rows = select(table.id, table.question).where(table.status != FaqStatus.WITHDRAWN.value)
        if departments:
            answers = and_(_is(FaqStatus.APPROVED), table.review_reason.is_(None))
            rows = rows.where(or_(answers, *_of(departments)))
        with transaction(self._engine) as connection:
            return {canonical(row.question): row.id for row in connection.execute(rows)}

    def history(self, entry_id: str) -> list[FaqVersion]:
        """Every version of an entry, newest first."""
        table = tables.faq_versions
        rows = select(table).where(table.c.entry_id == entry_id).order_by(table.c.version.desc())
        with transaction(self._engine) as connection:
            return [_version(row) for row in connection.execute(rows).mappings()]

    def writers(self, entry_id: str) -> frozenset[str]:
        """Who wrote, changed or imported the entry since it was last approved; before that, who ever did."""
        names = set()
        for version in self.history(entry_id):
            if version.step is FaqStep.APPROVED:
                break
            if version.step in _WRITING:
                names.add(version.saved_by)
        return frozenset(names)

    def _where(self, *conditions: ColumnElement[bool]) -> list[FaqRecord]:
        table = tables.faq_entries
        with transaction(self._engine) as connection:
            rows = connection.execute(select(table).where(*conditions).order_by(table.c.id))
            return [record_of(row) for row in rows.mappings()]


def store_new(connection: Connection, records: Sequence[FaqRecord], step: FaqStep) -> None:
    """Write the records of new entries, each with its first version."""
    for batch in portions(records):
        connection.execute(insert(tables.faq_entries), [row_of(record) for record in batch])
        connection.execute(insert(tables.faq_versions), [_version_row(record, step) for record in batch])


def store(connection: Connection, record: FaqRecord, step: FaqStep, by: Staff | None = None) -> None:
    """Write `record` in place of its previous version, and add it to the versions.

    `by`: who took the step; None means the editor, who saved the words last.

    Raises:
        ConflictError: the stored version is not the previous one; the message says who saved, and when.
    """
    if not try_store(connection, record, step, by):
        raise conflict(connection, record.entry.id)


def try_store(connection: Connection, record: FaqRecord, step: FaqStep, by: Staff | None = None) -> bool:
    """Like `store`, but return False on a version conflict instead of raising."""
    table = tables.faq_entries
    previous_row = and_(table.c.id == record.entry.id, table.c.version == record.version - 1)
    if not connection.execute(update(table).where(previous_row).values(row_of(record))).rowcount:
        return False
    connection.execute(insert(tables.faq_versions).values(_version_row(record, step, by)))
    return True


def conflict(connection: Connection, entry_id: str) -> ConflictError:
    """The error that says who took the last step on an entry, and when."""
    table = tables.faq_versions
    rows = select(table).where(table.c.entry_id == entry_id).order_by(table.c.version.desc()).limit(1)
    last = connection.execute(rows).mappings().first()
    if last is None:
        return ConflictError(f"问答 {entry_id} 已有变动，您的修改没有保存；请重新打开后再改。")
    when = clock_time(last["saved_at"])
    return ConflictError(
        f"{last['saved_title']}在 {when} 已经{last['step']}了这条问答（第 {last['version']} 版），"
        "您的修改没有保存，仍留在表单里；请对照新版本后再保存。"
    )


def record_of(row: RowMapping) -> FaqRecord:
    """The record that a row of faq_entries holds."""
    return FaqRecord(
        entry=FaqEntry.model_validate_json(row["body"]), **{name: row[name] for name in _SAME_NAMES}
    )


def row_of(record: FaqRecord) -> dict[str, object]:
    """The row of faq_entries for a record, without the columns that kb.faq.feed keeps."""
    entry = record.entry
    return {
        "id": entry.id,
        "status": entry.status.value,
        "question": entry.question,
        "body": entry.model_dump_json(exclude_defaults=True),
        "department": entry.department,
        "document_id": entry.document_id,
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
        "search": canonical("\n".join((*entry.wordings, entry.answer))),
        **{name: getattr(record, name) for name in _SAME_NAMES},
    }


_SAME_NAMES = tuple(name for name in FaqRecord.model_fields if name != "entry")


_WRITING = (FaqStep.CREATED, FaqStep.IMPORTED, FaqStep.SAVED)


def _of(departments: Sequence[str]) -> Iterable[ColumnElement[bool]]:
    """The condition that an entry belongs to one of `departments`; none when there are none."""
    if departments:
        yield tables.faq_entries.c.department.in_(departments)


def _conditions(wanted: FaqFilter, day: date) -> Iterable[ColumnElement[bool]]:
    table = tables.faq_entries.c
    for word in map(canonical, wanted.text.split()):
        yield or_(table.search.contains(word, autoescape=True), table.id == word)
    has_expired = and_(table.valid_until.is_not(None), table.valid_until < day)
    if wanted.state is FaqState.EXPIRED:
        yield and_(_is(FaqStatus.APPROVED), has_expired)
    elif wanted.state is FaqState.APPROVED:
        yield and_(_is(FaqStatus.APPROVED), or_(table.valid_until.is_(None), table.valid_until >= day))
    elif wanted.state is not None:
        yield _is(FaqStatus(wanted.state.value))
    if wanted.department:
        yield table.department == wanted.department
    if wanted.in_review:
        yield table.review_reason.is_not(None)


def _is(status: FaqStatus) -> ColumnElement[bool]:
    return tables.faq_entries.c.status == status.value


def _version_row(record: FaqRecord, step: FaqStep, by: Staff | None = None) -> Mapping[str, object]:
    return {
        "entry_id": record.entry.id,
        "version": record.version,
        "step": step.value,
        "saved_by": by.name if by else record.editor,
        "saved_title": by.title if by else record.editor_title,
        "saved_at": record.updated,
        "note": {FaqStep.REJECTED: record.note, FaqStep.FLAGGED: record.review_reason}.get(step),
        "body": record.entry.model_dump_json(exclude_defaults=True),
        "quote": record.quote,
    }


def _version(row: RowMapping) -> FaqVersion:
    fields = {name: row[name] for name in FaqVersion.model_fields if name != "entry"}
    return FaqVersion(entry=FaqEntry.model_validate_json(row["body"]), **fields)
