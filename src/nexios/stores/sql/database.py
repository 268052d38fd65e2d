"""A database as the stores use it: a question, a change, or a transaction, each within a bounded time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeVar

from nexios.exceptions import StoreUnavailable
from nexios.stores.loops import PerLoop
from nexios.stores.sql.engine import Engine, Pool
from nexios.stores.sql.errors import DATABASE_ERRORS, meaning

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Executable
    from sqlalchemy.ext.asyncio import AsyncConnection

    from nexios.stores.sql.urls import Target

__all__ = ["Database"]

Read = TypeVar("Read")
Done = TypeVar("Done")


class Database:
    """The database at `target`.

    Args:
        target: Which it is.
        pool: How many connections, and how long anything may take.
    """

    def __init__(self, target: Target, pool: Pool) -> None:
        self.target = target
        self.pool = pool
        self._engines = PerLoop(lambda: Engine(target, pool), Engine.close)

    async def rows(
        self, statement: Executable, parameters: dict[str, Any], read: Callable[[Any], Read]
    ) -> list[Read]:
        """Ask one question.

        Args:
            statement: The question.
            parameters: What is bound in it.
            read: Makes of a row what is answered.

        Raises:
            StoreUnavailable: There was no answer in time, or one that cannot be read.
        """

        async def ask(connection: AsyncConnection) -> Any:
            return (await connection.execute(statement, parameters)).all()

        try:
            return [read(row) for row in await self._within(ask, self.pool.timeout)]
        except (ValueError, TypeError) as odd:
            what = type(odd).__name__
        raise StoreUnavailable(f"the store at {self.target.shown} holds a row that cannot be read ({what})")

    async def change(self, statement: Executable, parameters: dict[str, Any]) -> int:
        """Make one change by one statement.

        Returns:
            How many rows it changed.

        Raises:
            StoreUnavailable: There was no answer in time; it may have been made.
        """

        async def make(connection: AsyncConnection) -> int:
            return (await connection.execute(statement, parameters)).rowcount

        if not self.target.sqlite:
            return await self._within(make, self.pool.timeout)
        return await self._within(make, self.pool.timeout, self._engines.get().writing)

    async def transaction(
        self, work: Callable[[AsyncConnection], Awaitable[Done]], *, seconds: float | None = None
    ) -> Done:
        """Do several things or none of them.

        Args:
            work: What to do; nobody else writes to a SQLite file meanwhile.
            seconds: How long it may take; what every operation may by default.

        Raises:
            StoreUnavailable: There was no answer in time; it may have been done.
        """
        seconds = self.pool.timeout if seconds is None else seconds

        async def whole(connection: AsyncConnection) -> Done:
            try:
                await self._begin(connection, seconds)
                done = await work(connection)
                await connection.exec_driver_sql("COMMIT")
            except BaseException:
                # Whatever it was in the middle of is undone with the connection.
                if not connection.invalidated:
                    await connection.invalidate()
                raise
            return done

        lock = self._engines.get().writing if self.target.sqlite else None
        return await self._within(whole, seconds, lock)

    async def _begin(self, connection: AsyncConnection, seconds: float) -> None:
        if self.target.sqlite:
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        # When the way between is lost, the server ends by itself what the client has given up, and with it
        # the locks that others wait for. By the driver's own call all of it is one round trip.
        milliseconds = max(1, round(seconds * 1000))
        driver = (await connection.get_raw_connection()).driver_connection
        await driver.execute(  # type: ignore[union-attr]
            "BEGIN ISOLATION LEVEL READ COMMITTED; "
            f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}; "
            f"SET LOCAL lock_timeout = {milliseconds}"
        )

    async def close(self) -> None:
        """Close every connection of every loop."""
        await self._engines.close()

    async def _within(
        self,
        work: Callable[[AsyncConnection], Awaitable[Done]],
        seconds: float,
        lock: asyncio.Lock | None = None,
    ) -> Done:
        engine = self._engines.get()
        asked: float | None = None
        try:
            async with asyncio.timeout(seconds):
                if lock is not None:
                    await lock.acquire()
                try:
                    async with engine.asyncio.connect() as connection:
                        asked = time.monotonic()
                        try:
                            return await work(connection)
                        finally:
                            # Its pool is gone, and would leave it open (a purge runs beside all else).
                            if engine.closed and not connection.invalidated:
                                await connection.invalidate()
                finally:
                    if lock is not None:
                        lock.release()
        except TimeoutError as late:
            if asked is not None:
                engine.suspect(asked)
            failure = meaning(late, self.target.shown)
        except DATABASE_ERRORS as error:
            failure = meaning(error, self.target.shown)
        # Outside of the handler: what was raised there holds SQL and parameters.
        raise failure
