"""Where FAQ entries are kept for answering (SQL), and a cache of their vectors.

The life of an entry among staff is kb.faq_life's; here an operator's list is taken whole, as it is.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Engine, Select, delete, select

from kb import tables
from kb.audit import Audit
from kb.database import upsert
from kb.embedding import Vectors
from kb.faq import FaqEntry, FaqStatus
from kb.faq_feed import list_again
from kb.faq_models import FaqRecord, Step
from kb.faq_records import record_of, store, store_new
from kb.models import Model
from kb.staff import OPERATOR

_IN_LIMIT = 500


class ImportCounts(Model):
    """What an import did."""

    added: int
    changed: int
    unchanged: int

    def __str__(self) -> str:
        return f"新增 {self.added} 条，更新 {self.changed} 条，未变 {self.unchanged} 条"


class FaqEntries:
    """FAQ entries in SQL, given in the order of their ids."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[FaqEntry]:
        """Every entry, whatever its status."""
        return self._read(select(tables.faq_entries.c.body))

    def approved(self) -> list[FaqEntry]:
        """The entries that may answer: those that are approved and in no review."""
        table = tables.faq_entries.c
        may_answer = table.status == FaqStatus.APPROVED.value, table.review_reason.is_(None)
        return self._read(select(table.body).where(*may_answer))

    def put(self, entries: Sequence[FaqEntry]) -> ImportCounts:
        """Store `entries` in place of those with the same id, in one transaction; others stay."""
        table, now = tables.faq_entries, datetime.now(UTC)
        with self._engine.begin() as connection:
            rows = connection.execute(select(table)).mappings()
            before = {row["id"]: record_of(row) for row in rows}
            added = [_record(entry, 1, now) for entry in entries if entry.id not in before]
            known = [(entry, before[entry.id]) for entry in entries if entry.id in before]
            changed = [_record(entry, old.version + 1, now) for entry, old in known if entry != old.entry]
            store_new(connection, added, Step.IMPORTED)
            for record in changed:
                store(connection, record, Step.IMPORTED)
            if added or changed:
                ids = [record.entry.id for record in (*added, *changed)]
                counts = {"added": len(added), "changed": len(changed), "ids": ids}
                Audit(self._engine).write(
                    connection, OPERATOR.name, "导入问答", "常见问答", None, counts, now
                )
                list_again(connection, ids, now)
        return ImportCounts(added=len(added), changed=len(changed), unchanged=len(known) - len(changed))

    def _read(self, rows: Select[Any]) -> list[FaqEntry]:
        with self._engine.connect() as connection:
            bodies = connection.scalars(rows.order_by(tables.faq_entries.c.id))
            return [FaqEntry.model_validate_json(body) for body in bodies]


class FaqVectors:
    """Texts -> vectors by `embed`, kept in SQL under the model's name, so that a restart embeds none."""

    def __init__(self, engine: Engine, model: str, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._engine = engine
        self._model = model
        self._embed = embed

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, shape [n, size], in the order given."""
        keys = [hashlib.sha256(f"{self._model}\0{text}".encode()).hexdigest() for text in texts]
        known = self._known(set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        keys_missing = list(missing)
        for start in range(0, len(missing), _IN_LIMIT):  # what is done stays, should the process be killed
            batch = keys_missing[start : start + _IN_LIMIT]
            made = self._embed([missing[key] for key in batch])
            known |= dict(zip(batch, made, strict=True))
            rows = [{"key": key, "vector": known[key].astype("<f4").tobytes()} for key in batch]
            with self._engine.begin() as connection:
                upsert(connection, tables.faq_vectors, rows)
        return np.array([known[key] for key in keys], dtype=np.float32)

    def rebuild(self, texts: Sequence[str]) -> int:
        """Forget every vector and make those of `texts` anew; how many there are now."""
        with self._engine.begin() as connection:
            connection.execute(delete(tables.faq_vectors))
        self(texts)
        return len(set(texts))

    def _known(self, keys: set[str]) -> dict[str, Vectors]:
        table, wanted = tables.faq_vectors.c, sorted(keys)
        found: dict[str, Vectors] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), _IN_LIMIT):
                rows = select(table.key, table.vector).where(table.key.in_(wanted[start : start + _IN_LIMIT]))
                found |= {row.key: np.frombuffer(row.vector, "<f4") for row in connection.execute(rows)}
        return found


def _record(entry: FaqEntry, version: int, now: datetime) -> FaqRecord:
    """An entry as the operator brings it; its source is looked at by the next review (kb.faq_life)."""
    return FaqRecord(
        entry=entry,
        version=version,
        author=OPERATOR.name,
        editor=OPERATOR.name,
        editor_title=OPERATOR.title,
        updated=now,
    )
