"""What questions count and look up among the passages, kept in tables beside them.

    passages       a number for each chunk, whether it names units, whether it is known to answer questions
    passage_pairs  which passages hold which pairs of characters, in which order (full-text index)
    unit_counts    every unit named as 牵头单位 or 责任单位, and the number of chunks that name it
    catalogue      one row: how the tables were filled, the number of chunks, and the state of the collection

All follow from `chunks`: every change of documents keeps them up within its transaction, and `fill` makes
them anew, for a database of an older program or restored from a backup, which leaves them out. A substring
is found as the phrase of its pairs (政务 务公 公开), by FTS5 in SQLite, by a GIN index in PostgreSQL.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from uuid import uuid4

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    false,
    func,
    insert,
    select,
    text,
    update,
)

from kb.hits import Chunk
from kb.language.normalise import canonical
from kb.language.tokens import bigrams
from kb.storage import tables
from kb.storage.database import insert_over, portions, reading, transaction

CATALOGUE_VERSION = 1  # raise it when the same chunk would be entered differently
_BATCH = 1_000
_WILD = re.compile("[/%_]")  # in LIKE, and what escapes them
_LONE = re.compile(r"(?<![\u3400-\u9fff])[\u3400-\u9fff](?![\u3400-\u9fff])")

derived = MetaData()  # apart from kb.storage.tables.metadata: a backup leaves these tables out

passages = Table(
    "passages",
    derived,
    Column("number", Integer, primary_key=True),
    Column("chunk_id", String, nullable=False, unique=True),
    Column("document_id", String, nullable=False, index=True),
    Column("assigned", Boolean, nullable=False),
    Column("asked", Boolean, nullable=False, server_default=false()),
    Index(
        "passages_assigned", "document_id", sqlite_where=text("assigned"), postgresql_where=text("assigned")
    ),
)

unit_counts = Table(
    "unit_counts",
    derived,
    Column("unit", String, primary_key=True),
    Column("chunks", Integer, nullable=False),
)

catalogue = Table(
    "catalogue",
    derived,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("state", String, nullable=False),
)


def enter(connection: Connection, chunks: Sequence[Chunk]) -> None:
    """Enter chunks that are being stored; none of them is entered already."""
    if not chunks:
        return
    rows: list[dict[str, object]] = [
        {
            "chunk_id": chunk.id_,
            "document_id": chunk.document_id,
            "assigned": bool(units_of(chunk)),
            "asked": bool(chunk.questions),
            "pairs": _pairs(chunk.indexed_text),
        }
        for chunk in chunks
    ]
    if connection.dialect.name == "postgresql":
        connection.execute(text(_PG_ENTER), rows)
    else:
        last = connection.scalar(select(func.max(passages.c.number))) or 0
        rows = [{**row, "number": last + place} for place, row in enumerate(rows, start=1)]
        columns = ("number", "chunk_id", "document_id", "assigned", "asked")
        connection.execute(insert(passages), [{name: row[name] for name in columns} for row in rows])
        connection.execute(text("INSERT INTO passage_pairs (rowid, pairs) VALUES (:number, :pairs)"), rows)
    _count(connection, chunks, 1)


def strike(connection: Connection, chunks: Sequence[Chunk]) -> None:
    """Take out chunks that are being deleted; those not entered are ignored."""
    by_id = {chunk.id_: chunk for chunk in chunks}
    known: list[Chunk] = []
    for ids in portions(by_id):
        rows = select(passages.c.number, passages.c.chunk_id).where(passages.c.chunk_id.in_(ids))
        found = [(row.number, by_id[row.chunk_id]) for row in connection.execute(rows)]
        if found and connection.dialect.name == "sqlite":  # FTS5 must be told what it is to forget
            forget = (
                "INSERT INTO passage_pairs (passage_pairs, rowid, pairs) VALUES ('delete', :number, :pairs)"
            )
            gone = [{"number": number, "pairs": _pairs(chunk.indexed_text)} for number, chunk in found]
            connection.execute(text(forget), gone)
        connection.execute(delete(passages).where(passages.c.chunk_id.in_(ids)))
        known += [chunk for _, chunk in found]
    _count(connection, known, -1)


def renew(connection: Connection) -> str:
    """Give the collection another state, because documents are changed; the new state."""
    new = uuid4().hex
    connection.execute(update(catalogue).values(state=new))
    return new


def state(connection: Connection) -> str:
    """A word that no other state of a collection has; "" before the first change."""
    return connection.scalar(select(catalogue.c.state)) or ""


def total(connection: Connection) -> int:
    """The number of chunks."""
    return connection.scalar(select(catalogue.c.chunks)) or 0


def units(connection: Connection) -> tuple[str, ...]:
    """Every unit that a chunk names, sorted."""
    return tuple(sorted(connection.scalars(select(unit_counts.c.unit).where(unit_counts.c.chunks > 0))))


def assigned(connection: Connection) -> Iterator[str]:
    """The bodies of the chunks that name units, document by document in reading order."""
    return _bodies(connection, passages.c.assigned)


def asked(connection: Connection) -> Iterator[str]:
    """The bodies of the chunks that are known to answer questions, document by document in reading order."""
    return _bodies(connection, passages.c.asked)


def _bodies(connection: Connection, which: ColumnElement[bool]) -> Iterator[str]:
    chunks = tables.chunks.c
    named = select(chunks.body).join(passages, passages.c.chunk_id == chunks.id).where(which)
    yield from connection.scalars(named.order_by(passages.c.document_id, chunks.position))


def units_of(chunk: Chunk) -> frozenset[str]:
    """The units that `chunk` names."""
    return frozenset((*chunk.lead_units, *chunk.responsible_units))


def holding(connection: Connection, substring: str) -> dict[str, int]:
    """Document id -> number of its chunks with `substring`, punctuation left aside; without others."""
    lone = _LONE.findall(canonical(substring))
    pairs = [pair for pair in bigrams(substring) if pair not in lone]
    if not pairs:
        return _scanned(connection, substring)
    in_sqlite = connection.dialect.name == "sqlite"
    if lone:  # a lone character is in no pair: the texts of the passages with all others are read
        match = f"{_ALL_SQLITE if in_sqlite else _ALL_PG} AND {_TEXT_HOLDS}"
        sought = " ".join(f'"{pair}"' for pair in pairs) if in_sqlite else " ".join(pairs)
    else:
        match = _ALL_SQLITE if in_sqlite else _PHRASE_PG
        sought = f'"{" ".join(pairs)}"' if in_sqlite else " ".join(pairs)
    escaped = _WILD.sub(r"/\g<0>", substring)
    values = {"sought": sought, **({"pattern": f"%{escaped}%"} if lone else {})}
    statement = f"SELECT document_id, count(*) FROM passages WHERE {match} GROUP BY document_id"
    return {document_id: count for document_id, count in connection.execute(text(statement), values)}


def _scanned(connection: Connection, substring: str) -> dict[str, int]:
    """What `holding` gives, for a substring without any pair of characters; reads every chunk."""
    chunks = tables.chunks.c
    rows = select(chunks.document_id, func.count()).group_by(chunks.document_id)
    found = connection.execute(rows.where(chunks.body.contains(substring, autoescape=True)))
    return {document_id: count for document_id, count in found}


def fill(engine: Engine, report: Callable[[str], None], *, anew: bool = False) -> None:
    """Make the tables from the chunks, unless they are filled already; with `anew` even then."""
    with reading(engine) as connection:
        version, count = connection.execute(select(catalogue.c.version, catalogue.c.chunks)).one()
        stored = connection.scalar(select(tables.chunks.c.id).limit(1)) is not None
    if version == CATALOGUE_VERSION and bool(count) == stored and not anew:
        return
    if stored:
        report("正在由原文整理字词目录……")
    with transaction(engine) as connection:
        _clear(connection)
        renew(connection)
        for chunks in _all_chunks(connection):
            enter(connection, chunks)


def _clear(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO passage_pairs (passage_pairs) VALUES ('delete-all')"))
    connection.execute(delete(passages))
    connection.execute(delete(unit_counts))
    connection.execute(update(catalogue).values(version=CATALOGUE_VERSION, chunks=0))


def _all_chunks(connection: Connection) -> Iterator[list[Chunk]]:
    """Every chunk, some at a time, in the order of their ids."""
    table, last = tables.chunks.c, ""
    while True:
        rows = select(table.id, table.body).where(table.id > last).order_by(table.id).limit(_BATCH)
        found = connection.execute(rows).all()
        if not found:
            return
        last = found[-1].id
        yield [Chunk.model_validate_json(row.body) for row in found]


def _count(connection: Connection, chunks: Iterable[Chunk], step: int) -> None:
    """Add `step` for each of `chunks` to the total and to the counts of the units that it names."""
    counts: Mapping[str, int] = Counter(unit for chunk in chunks for unit in units_of(chunk))
    number = sum(1 for _ in chunks) * step
    connection.execute(update(catalogue).values(chunks=catalogue.c.chunks + number))
    if counts:
        new = insert_over(connection, unit_counts)
        added = {"chunks": unit_counts.c.chunks + new.excluded.chunks}
        rows = [{"unit": unit, "chunks": count * step} for unit, count in counts.items()]
        connection.execute(new.on_conflict_do_update(index_elements=["unit"], set_=added), rows)


def _pairs(words: str) -> str:
    return " ".join(bigrams(words))


_PG_ENTER = (
    "INSERT INTO passages (chunk_id, document_id, assigned, asked, pairs) "
    "VALUES (:chunk_id, :document_id, :assigned, :asked, to_tsvector('simple', :pairs))"
)
_TEXT_HOLDS = (
    "EXISTS (SELECT 1 FROM chunks WHERE chunks.id = passages.chunk_id AND body LIKE :pattern ESCAPE '/')"
)
_ALL_SQLITE = "number IN (SELECT rowid FROM passage_pairs WHERE passage_pairs MATCH :sought)"
_ALL_PG = "pairs @@ plainto_tsquery('simple', :sought)"
_PHRASE_PG = "pairs @@ phraseto_tsquery('simple', :sought)"
