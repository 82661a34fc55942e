"""FAQ entries in SQL as answering reads them, and the import of an operator's list.

The steps that staff take on an entry are in kb.faq.life; here a list is stored whole and as it is.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Select, select

from kb.faq.feed import list_again
from kb.faq.models import FaqEntry, FaqRecord, FaqStatus, FaqStep
from kb.faq.records import record_of, store, store_new
from kb.models import Model
from kb.staff.audit import Audit
from kb.staff.permissions import OPERATOR
from kb.storage import tables
from kb.storage.database import reading, transaction


class ImportCounts(Model):
    """How many entries an import added, changed and left as they were."""

    added: int
    changed: int
    unchanged: int

    def __str__(self) -> str:
        return f"新增 {self.added} 条，更新 {self.changed} 条，未变 {self.unchanged} 条"


class FaqEntries:
    """FAQ entries in SQL, listed in the order of their ids. All methods raise StoreError when SQL fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[FaqEntry]:
        """Every entry, whatever its status."""
        return self._read(select(tables.faq_entries.c.body))

    def approved(self) -> list[FaqEntry]:
        """The entries that may answer: approved ones that are not under review."""
        table = tables.faq_entries.c
        may_answer = table.status == FaqStatus.APPROVED.value, table.review_reason.is_(None)
        return self._read(select(table.body).where(*may_answer))

    def put(self, entries: Sequence[FaqEntry]) -> ImportCounts:
        """Store `entries` in place of those with the same id, in one transaction; other entries stay."""
        table, now = tables.faq_entries, datetime.now(UTC)
        with transaction(self._engine) as connection:
            rows = connection.execute(select(table)).mappings()
            before = {row["id"]: record_of(row) for row in rows}
            added = [_record(entry, 1, now) for entry in entries if entry.id not in before]
            known = [(entry, before[entry.id]) for entry in entries if entry.id in before]
            changed = [_record(entry, old.version + 1, now) for entry, old in known if entry != old.entry]
            store_new(connection, added, FaqStep.IMPORTED)
            for record in changed:
                store(connection, record, FaqStep.IMPORTED)
            if added or changed:
                ids = [record.entry.id for record in (*added, *changed)]
                counts = {"added": len(added), "changed": len(changed), "ids": ids}
                Audit(self._engine).write(
                    connection, OPERATOR.name, "导入问答", "常见问答", None, counts, now
                )
                list_again(connection, ids, now)
        return ImportCounts(added=len(added), changed=len(changed), unchanged=len(known) - len(changed))

    def _read(self, rows: Select[Any]) -> list[FaqEntry]:
        with reading(self._engine) as connection:
            bodies = connection.scalars(rows.order_by(tables.faq_entries.c.id))
            return [FaqEntry.model_validate_json(body) for body in bodies]


def _record(entry: FaqEntry, version: int, now: datetime) -> FaqRecord:
    """The record of an operator's entry; the next review (kb.faq.review) checks its source."""
    return FaqRecord(
        entry=entry,
        version=version,
        author=OPERATOR.name,
        editor=OPERATOR.name,
        editor_title=OPERATOR.title,
        updated=now,
    )
