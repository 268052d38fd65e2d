"""Bringing the tables up to date, by Alembic; one process does it, and the others wait."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, column, func, select, table, text

from nexios.exceptions import ConfigError
from nexios.stores import migrations
from nexios.stores.sql.errors import Locked

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

    from nexios.stores.sql.database import Database

__all__ = ["HEAD", "VERSION_TABLE", "Revision", "current", "history", "upgrade"]

HEAD = "0003"
"""The newest revision."""

VERSION_TABLE = "nexios_alembic_version"
"""Not Alembic's own name for it, which the application's migrations may have taken."""

# How long a process waits for another one to upgrade the tables, and may take itself, in seconds.
_PATIENCE = 60.0
_PAUSE = 0.05
_VERSION: Select[Any] = select(column("version_num")).select_from(table(VERSION_TABLE))


@dataclass(frozen=True, slots=True)
class Revision:
    """A step of the tables.

    Attributes:
        id: Its name.
        summary: What it does.
    """

    id: str
    summary: str


async def upgrade(database: Database) -> None:
    """Run what is missing, at most once whoever asks."""
    if await current(database) == HEAD:
        return
    if not database.target.sqlite:
        return await _in_one(database)
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while True:
                with suppress(Locked):
                    # It stays in the file, and cannot be set within a transaction.
                    await database.change(text("PRAGMA journal_mode=WAL"), {})
                    return await _in_one(database)
                await asyncio.sleep(_PAUSE)
    raise Locked(f"the store at {database.target.shown} is locked by another process")


async def current(database: Database) -> str | None:
    """The revision that the tables are of; None: there are none."""
    try:
        found = await database.rows(_VERSION, {}, lambda row: str(row.version_num))
    except ConfigError:
        return None
    return found[0] if found else None


def history() -> list[Revision]:
    """Every revision of the tables, the first one first."""
    return [Revision(script.revision, script.doc) for script in _scripts().walk_revisions()][::-1]


async def _in_one(database: Database) -> None:
    await database.transaction(lambda connection: _upgrade(database, connection), seconds=_PATIENCE)


async def _upgrade(database: Database, connection: AsyncConnection) -> None:
    schema = database.target.schema
    if not database.target.sqlite:
        # Held until the end of the transaction; SQLite's own lock is that of BEGIN IMMEDIATE.
        await connection.execute(select(func.pg_advisory_xact_lock(zlib.crc32(f"nexios {schema}".encode()))))
        if schema is not None:
            quoted = connection.dialect.identifier_preparer.quote(schema)
            await connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
    await connection.run_sync(_run)


def _run(connection: Connection) -> None:
    """Run what is missing, on a connection that is in a transaction and holds the lock."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.util import CommandError

    scripts = _scripts()

    def missing(revision: Any, context: Any) -> Any:
        return scripts._upgrade_revs("head", revision)

    options = {"version_table": VERSION_TABLE, "fn": missing}
    try:
        with Operations.context(context := MigrationContext.configure(connection, opts=options)):
            context.run_migrations()
    except CommandError as unknown:
        raise ConfigError(
            f"the store's tables were upgraded by a newer version ({unknown}): update Nexios"
        ) from None


def _scripts() -> ScriptDirectory:
    try:
        from alembic.script import ScriptDirectory
    except ImportError:
        raise ConfigError('alembic is missing: pip install "nexios[sql]"') from None
    return ScriptDirectory(str(Path(migrations.__file__).parent))
