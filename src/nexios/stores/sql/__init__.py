"""A store in a database: a SQLite file, or PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from nexios.exceptions import ConfigError
from nexios.stores.life import ClosesAfterFlushing
from nexios.stores.settings import check_number, check_seconds
from nexios.stores.sql.audit import SQLAudit
from nexios.stores.sql.database import Database
from nexios.stores.sql.engine import Pool
from nexios.stores.sql.keys import SQLKeys
from nexios.stores.sql.revocations import SQLRevocations
from nexios.stores.sql.sessions import SQLSessions
from nexios.stores.sql.tokens import SQLTokens
from nexios.stores.sql.upgrading import Revision, current, history, upgrade
from nexios.stores.sql.urls import parse_url

__all__ = ["SQLStore"]

_PING = text("SELECT 1")


class SQLStore(SQLKeys, SQLSessions, SQLTokens, SQLRevocations, SQLAudit, ClosesAfterFlushing):
    """Keeps everything in a database, by SQLAlchemy.

    It connects on first use, and again by itself when the database was away. What is not answered in time, or
    not at all, is `StoreUnavailable`.

    Args:
        url: `sqlite:///app.db`, or `postgresql://user:password@host/database`.
        pool_size: How many connections each event loop keeps open.
        max_overflow: How many more it opens under load.
        pool_timeout: How long an operation waits for a free one, in seconds; None: as long as `timeout`.
        timeout: How long an operation may take in all, in seconds, with connecting and waiting.
        schema: The schema of PostgreSQL that the tables are in; None: the server's choice for the user.

    Attributes:
        is_server: Whether it is a server, which may be away and come back, and not a file.

    Raises:
        ConfigError: The URL or an option is none, or the driver is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 5,
        max_overflow: int = 10,
        pool_timeout: float | None = None,
        timeout: float = 1.0,
        schema: str | None = None,
    ) -> None:
        ClosesAfterFlushing.__init__(self)
        check_number("pool_size", pool_size, 1)
        check_number("max_overflow", max_overflow, 0)
        check_seconds("timeout", timeout)
        if pool_timeout is not None:
            check_seconds("pool_timeout", pool_timeout)
        if schema is not None and not isinstance(schema, str):
            raise ConfigError(f'schema is text, not {type(schema).__name__}: schema="app"')
        pool = Pool(pool_size, max_overflow, pool_timeout, timeout)
        self._database = Database(parse_url(url, schema), pool)
        self.is_server = not self._database.target.sqlite

    async def upgrade(self) -> None:
        """Bring the tables up to date; safe where several processes do so at once.

        Raises:
            StoreUnavailable: The database does not answer, or another process upgrades it for too long.
            ConfigError: A newer version of Nexios has upgraded it.
        """
        await upgrade(self._database)

    async def current(self) -> str | None:
        """The revision that the tables are of; None: there are none."""
        return await current(self._database)

    @staticmethod
    def history() -> list[Revision]:
        """Every revision of the tables, the first one first."""
        return history()

    async def ping(self) -> None:
        """Ask whether it answers.

        Raises:
            StoreUnavailable: It does not.
        """
        await self._database.rows(_PING, {}, _ignored)

    async def _let_go(self) -> None:
        await self._database.close()

    def __repr__(self) -> str:
        return f"SQLStore({self._database.target.shown!r})"


def _ignored(row: Any) -> None:
    """What is in it does not matter."""
