"""The whole SQL database as one file, and back: between machines, and between SQLite and PostgreSQL.

A zip archive with `manifest.json` (Manifest) and a file of JSON lines for each table. The vector index is not
in it, as it is rebuilt from SQL at the next start. Neither are the original files of documents, only their
texts; the manifest names the files. It also says how long citizens' words may be kept (kb.retention).
"""

import base64
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, TableClause
from sqlalchemy.exc import SQLAlchemyError

from kb.clock import china_day
from kb.errors import DatasetError, StoreError
from kb.models import Model
from kb.storage.database import current_revision, migrating, require_whole, snapshot
from kb.storage.failures import cause_of
from kb.storage.queue_tables import notice_outbox, queue_groups
from kb.storage.tables import Moment, audit_head, documents

metadata = queue_groups.metadata  # of all tables: kb.storage.tables and queue_tables
assert notice_outbox.metadata is metadata

_FORMAT = 1
_MANIFEST = "manifest.json"
_BATCH = 500
_TYPES: Mapping[str, type[sa.types.TypeEngine[Any]]] = {
    kind.__name__: kind
    for kind in (
        sa.Boolean,
        sa.Date,
        sa.Float,
        sa.Integer,
        sa.JSON,
        sa.LargeBinary,
        Moment,
        sa.String,
        sa.Text,
    )
}
_READ: Mapping[type[sa.types.TypeEngine[Any]], Callable[[str], object]] = {
    sa.Date: date.fromisoformat,
    sa.LargeBinary: base64.b64decode,
    Moment: datetime.fromisoformat,
}


class Manifest(Model):
    """What an archive holds; `tables` in an order in which they can be filled."""

    format: int
    revision: str  # of the tables: a file in kb/storage/migrations/versions
    made: datetime
    tables: Mapping[str, Mapping[str, str]]  # name -> column -> type, one of _TYPES
    rows: int
    originals: tuple[str, ...]  # files the documents were read from; not in the archive
    retention_days: int | None = None  # KB_RETENTION_DAYS when it was made; None: an older program made it

    @property
    def destroy_by(self) -> date | None:
        """The day on which all words of citizens in the archive should be gone, and the archive too."""
        days = self.retention_days
        return None if days is None else china_day(self.made + timedelta(days=days))

    def age_days(self, now: datetime) -> int:
        """How many whole days ago the backup was made."""
        return (now - self.made).days


def write_backup(engine: Engine, file: Path, now: datetime, retention_days: int) -> Manifest:
    """Write the whole database, as of one moment, to `file`, which other users cannot read.

    Other programs may write to the database meanwhile.

    Raises:
        DatasetError: the file cannot be written, or exists already.
        StoreError: the database cannot be read.
    """
    if file.exists():
        raise DatasetError(f"{file} 已经存在，没有备份；请换一个文件名")
    partial = file.with_name(f"{file.name}.partial")
    try:
        with (
            open(partial, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as output,
            zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive,
            snapshot(engine) as connection,
        ):
            manifest = _write(archive, connection, now, retention_days)
        partial.rename(file)
    except OSError as error:
        raise DatasetError(f"备份写不进 {file}：{error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def restore_backup(engine: Engine, file: Path, replace: bool, last: Callable[[], None]) -> Manifest:
    """Replace the whole database by what `file` holds, all or nothing; return the file's manifest.

    The tables are made as they were when the backup was made, filled, and then brought up to date. `last`
    runs before the commit. Without `replace` the database must be empty.

    Raises:
        DatasetError: the file is no whole backup, or of a newer program, or the database is not empty.
        StoreError: the database cannot be written.
    """
    try:
        with zipfile.ZipFile(file) as archive, engine.connect() as connection:
            manifest = Manifest.model_validate_json(archive.read(_MANIFEST))
            if manifest.format != _FORMAT:
                raise DatasetError(f"{file} 由更新版本的程序建立，没有恢复；请升级程序")
            if not replace:
                _must_be_empty(connection)
            connection.rollback()
            with migrating(connection) as config:
                command.downgrade(config, "base")
                command.upgrade(config, manifest.revision)
                rows = sum(_restore(archive, table, connection) for table in _tables(manifest))
                if rows != manifest.rows:
                    raise ValueError(f"应有 {manifest.rows} 行，只有 {rows} 行")
                command.upgrade(config, "head")
                _go_on_counting(connection)
                require_whole(connection)
                last()
    except CommandError as error:
        raise DatasetError(f"{file} 由更新版本的程序建立（{error}），没有恢复；请升级程序") from error
    except SQLAlchemyError as error:
        raise StoreError(f"恢复 {file} 时数据库写入失败，没有改动：{cause_of(error)}") from error
    except ValidationError as error:
        raise DatasetError(f"{file} 不是本程序的备份，没有恢复") from error
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise DatasetError(f"{file} 不是完整的备份，没有恢复：{error}") from error
    return manifest


def _write(archive: zipfile.ZipFile, connection: Connection, now: datetime, retention_days: int) -> Manifest:
    rows = 0
    for table in metadata.sorted_tables:
        with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as lines:
            for row in connection.execute(sa.select(table)).mappings():
                record = {name: _to_json(value) for name, value in row.items()}
                lines.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
                rows += 1
    manifest = Manifest(
        format=_FORMAT,
        revision=current_revision(connection) or "",
        made=now,
        tables={
            table.name: {column.name: type(column.type).__name__ for column in table.columns}
            for table in metadata.sorted_tables
        },
        rows=rows,
        originals=tuple(connection.scalars(sa.select(documents.c.path).order_by(documents.c.path))),
        retention_days=retention_days,
    )
    archive.writestr(_MANIFEST, manifest.model_dump_json())
    return manifest


def _must_be_empty(connection: Connection) -> None:
    """Raise DatasetError if a table has a row; `audit_head` has one from the beginning."""
    for table in metadata.sorted_tables:
        if table is not audit_head and connection.execute(sa.select(table).limit(1)).first():
            raise DatasetError(
                "数据库里已有内容，没有恢复；请用新的 KB_HOME 或空的数据库，或加 --replace 整个替换"
            )


def _tables(manifest: Manifest) -> Iterator[TableClause]:
    for name, columns in manifest.tables.items():
        yield sa.table(name, *(sa.column(column, _TYPES[kind]()) for column, kind in columns.items()))


def _restore(archive: zipfile.ZipFile, table: TableClause, connection: Connection) -> int:
    """Fill one table with its rows; return their number."""
    if connection.execute(sa.select(table).limit(1)).first():
        connection.execute(sa.delete(table))  # rows that a migration inserted
    count = 0
    with archive.open(f"{table.name}.jsonl") as lines:
        while rows := [_row(line, table) for line in islice(lines, _BATCH)]:
            connection.execute(sa.insert(table), rows)
            count += len(rows)
    return count


def _row(line: bytes, table: TableClause) -> dict[str, object]:
    record = json.loads(line)
    return {column.name: _from_json(record[column.name], type(column.type)) for column in table.columns}


def _go_on_counting(connection: Connection) -> None:
    """Let PostgreSQL's sequences go on after the restored ids; SQLite's do so by themselves."""
    for table in metadata.sorted_tables if connection.dialect.name == "postgresql" else ():
        key = table.autoincrement_column
        if key is not None:
            sequence = f"pg_get_serial_sequence('{table.name}', '{key.name}')"
            connection.execute(sa.text(f"SELECT setval({sequence}, max({key.name})) FROM {table.name}"))


def _to_json(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return value


def _from_json(value: object, kind: type[sa.types.TypeEngine[Any]]) -> object:
    return _READ[kind](value) if isinstance(value, str) and kind in _READ else value
