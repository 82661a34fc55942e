"""Alembic's environment: runs migrations on the connection that kb.database hands over."""

from alembic import context

from kb.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # kb.database has begun the transaction
)
context.run_migrations()
