"""Alembic's environment: runs migrations on the connection that kb.storage.database hands over."""

from alembic import context

from kb.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # kb.storage.database has begun the transaction
)
context.run_migrations()
