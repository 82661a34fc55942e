"""Staff's corrections and removals of documents, kept apart from the files.

When a file is read again, at any later start, its correction is applied; a removed document stays out. So
documents that are shipped with the program can be corrected and removed without touching their files.
"""

from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from kb.errors import ConflictError
from kb.models import Correction, Model
from kb.storage import tables
from kb.storage.database import transaction


class DocumentEdit(Model):
    """The correction or removal of one document; `source` and `title` name it after it was removed.

    `version` counts the changes; pass the version that was read when saving. 0: nothing was saved yet.
    """

    document_id: str
    path: str
    source: str
    title: str
    correction: Correction = Correction()
    removed: bool = False
    version: int = 0
    who: str = ""
    changed_at: datetime | None = None


class DocumentEdits:
    """The edits in SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, DocumentEdit]:
        """Every edit by document id."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(tables.document_edits)).mappings()
            return {row["document_id"]: _edit(row) for row in rows}

    def get(self, document_id: str) -> DocumentEdit | None:
        """The edit of a document; None when there never was one."""
        table = tables.document_edits
        with transaction(self._engine) as connection:
            rows = connection.execute(select(table).where(table.c.document_id == document_id)).mappings()
            row = rows.one_or_none()
            return None if row is None else _edit(row)

    def put(self, connection: Connection, edit: DocumentEdit, who: str, now: datetime) -> None:
        """Save `edit` in the transaction of `connection`; `edit.version` is the version that was read.

        Raises:
            ConflictError: somebody else has saved since.
        """
        table = tables.document_edits
        row = {
            "path": edit.path,
            "source": edit.source,
            "title": edit.title,
            "fields": edit.correction.model_dump(mode="json", exclude_unset=True),
            "removed": edit.removed,
            "version": edit.version + 1,
            "who": who,
            "changed_at": now,
        }
        is_its = table.c.document_id == edit.document_id
        stored = connection.scalar(select(table.c.version).where(is_its))
        if stored is None and not edit.version:
            connection.execute(insert(table).values(document_id=edit.document_id, **row))
            return
        unchanged = table.c.version == edit.version
        if not connection.execute(update(table).where(is_its, unchanged).values(row)).rowcount:
            raise ConflictError(f"《{edit.title}》刚刚被别人改过，您的修改没有保存；请刷新后再改。")


def _edit(row: RowMapping) -> DocumentEdit:
    return DocumentEdit(
        document_id=row["document_id"],
        path=row["path"],
        source=row["source"],
        title=row["title"],
        correction=Correction.model_validate(row["fields"]),
        removed=row["removed"],
        version=row["version"],
        who=row["who"],
        changed_at=row["changed_at"],
    )
