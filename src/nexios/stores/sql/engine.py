"""SQLAlchemy's engine, set up so that nothing waits for long and a lost connection is noticed for free."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

if TYPE_CHECKING:
    from nexios.stores.sql.urls import Target

__all__ = ["Engine", "Pool"]


class Pool:
    """How many connections there may be, and how long anything may take, in seconds.

    Args:
        size: How many stay open.
        overflow: How many more are opened under load.
        wait: How long an operation waits for one; None: for all the time that it has.
        timeout: How long an operation may take in all, the wait and the connecting included.
    """

    __slots__ = ("overflow", "size", "timeout", "wait")

    def __init__(self, size: int, overflow: int, wait: float | None, timeout: float) -> None:
        self.size = size
        self.overflow = overflow
        self.wait = timeout if wait is None else wait
        self.timeout = timeout


class Engine:
    """The connections of one event loop.

    Attributes:
        asyncio: SQLAlchemy's engine, whose connections are in autocommit: one statement, one round trip.
        writing: Held by who writes to a SQLite file; a queue in the process is fairer than SQLite's own wait.
        closed: Whether it was closed: a connection that was in use then goes with its operation.
    """

    def __init__(self, target: Target, pool: Pool) -> None:
        self.writing = asyncio.Lock()
        self.closed = False
        self._suspected = float("-inf")
        self.asyncio: AsyncEngine = create_async_engine(
            target.url,
            isolation_level="AUTOCOMMIT",
            # A connection comes back between two statements, or is thrown away: there is nothing to reset.
            pool_reset_on_return=None,
            skip_autocommit_rollback=True,
            pool_size=pool.size,
            max_overflow=pool.overflow,
            pool_timeout=pool.wait,
            hide_parameters=True,
            connect_args=_connect_args(target, pool),
        )
        event.listen(self.asyncio.sync_engine, "checkout", self._look)
        event.listen(self.asyncio.sync_engine, "checkin", _note)
        if target.sqlite:
            event.listen(self.asyncio.sync_engine, "connect", _set_up_file)

    def suspect(self, since: float) -> None:
        """An operation that began at `since` had no answer: open anew what has not been heard of later.

        Args:
            since: By the monotonic clock.
        """
        self._suspected = max(self._suspected, since)

    async def close(self) -> None:
        """Close every connection that is not in use."""
        self.closed = True
        await self.asyncio.dispose()

    def _look(self, connection: Any, record: Any, proxy: Any) -> None:
        """See without a query whether a connection is lost; the pool opens another in its place."""
        driver = connection.driver_connection
        closed = driver.is_closed() if hasattr(driver, "is_closed") else False
        heard = record.info.setdefault("heard", time.monotonic())
        if closed or heard < self._suspected:
            raise DisconnectionError("lost")


def _note(connection: Any, record: Any) -> None:
    if connection is not None:
        record.info["heard"] = time.monotonic()


def _connect_args(target: Target, pool: Pool) -> dict[str, Any]:
    if target.sqlite:
        # An answer "locked" comes before the time is up, so that no thread is left behind that waits.
        waiting = {"timeout": pool.timeout * 0.8, "factory": _File}
        return {**target.connect_args, **waiting, "async_creator_fn": _open_file}
    from nexios.stores.sql.postgresql import connect

    return {**target.connect_args, "timeout": pool.timeout, "async_creator_fn": connect}


class _File(sqlite3.Connection):
    """A connection that lets go of the file when it is closed.

    SQLite closes it in truth only once nobody holds a statement of it. Those of a cancelled request are held
    until the garbage collector comes, seconds later, and for as long nobody else could write.
    """

    def close(self) -> None:
        """Undo what is not committed, and close."""
        with contextlib.suppress(sqlite3.Error):
            self.rollback()
        super().close()


async def _open_file(path: str, **options: Any) -> Any:
    """Open a file in a thread of its own, of which nothing is left where that fails."""
    import aiosqlite

    connection = aiosqlite.connect(path, **options)
    connection._thread.daemon = True
    try:
        return await connection
    except BaseException:
        # It has one more answer to give, and the loop may be closed by then.
        await asyncio.to_thread(connection._thread.join)
        raise


def _set_up_file(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    # Also a power cut loses nothing of what was acknowledged, e.g. that a key is revoked.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
