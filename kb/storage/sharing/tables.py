"""The tables that processes share, on PostgreSQL only; migration 0037 makes them.

None is in a backup: versions begin anew, and the others hold minutes of work or what can be computed again.
Those that citizens' requests write to are UNLOGGED: a crash of the server empties them.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

from kb.storage.tables import Moment

shared = MetaData()

versions = Table(
    "shared_versions",  # raised by triggers at each commit that changes what processes keep in memory
    shared,
    Column("name", String, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("changed_by", BigInteger),  # the transaction that raised it last
)

rate_counts = Table(
    "rate_counts",  # requests of a minute, by keyed digest of who sent them
    shared,
    Column("key", LargeBinary, primary_key=True),
    Column("window_number", BigInteger, primary_key=True, autoincrement=False),
    Column("hits", Integer, nullable=False),
)

request_results = Table(
    "request_results",  # sealed results of requests that may come again within ten minutes
    shared,
    Column("key", String, primary_key=True),
    Column("content", String, nullable=False),  # digest of what was asked
    Column("result", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
    Index("request_results_made_at", "made_at"),
)

shared_secrets = Table(
    "shared_secrets",  # random keys that all processes use and no file or backup holds
    shared,
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

chunk_vectors = Table(
    "chunk_vectors",  # a cache: may be emptied at any time
    shared,
    Column("model", String, primary_key=True),
    Column("chunk_id", String, primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian
)
