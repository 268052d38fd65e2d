"""Alembic runs this for every command, with the connection that was opened for it."""

from __future__ import annotations

from alembic import context

from nexios.stores.sql.tables import metadata
from nexios.stores.sql.upgrading import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
# The transaction is the caller's, and so is the lock.
context.run_migrations()
