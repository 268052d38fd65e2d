"""Deleting logins and revocations that are over by time, a bounded number at once and while nobody waits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nexios.stores.sweep import Sweep

if TYPE_CHECKING:
    from nexios.types import Clock

__all__ = ["Tidying"]


class Tidying:
    """Keeps a store of tokens from growing without end.

    Args:
        store: The store.
        clock: The time now, in seconds since the epoch.
    """

    def __init__(self, store: Any, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._sweep = Sweep(self._delete, clock)
        self._sweeping: asyncio.Task[None] | None = None
        before_close = getattr(store, "before_close", None)
        if before_close is not None:
            before_close(self._finished)

    def added(self) -> None:
        """Note that something was added; where it is time to, begin to delete."""
        self._sweep.added()
        if self._sweeping is None or self._sweeping.done():
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return  # another kind of event loop: another process deletes it
            self._sweeping = loop.create_task(self._sweep.run())

    async def purge(self, limit: int) -> int:
        """Delete at most `limit` of each kind; how many were."""
        return await self._delete(datetime.fromtimestamp(self._clock(), UTC), limit)

    async def _finished(self) -> None:
        """Wait for what is being deleted, which would connect anew to a store that was closed."""
        sweeping = self._sweeping
        if sweeping is not None and sweeping.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([sweeping])

    async def _delete(self, now: datetime, limit: int) -> int:
        logins: int = await self._store.purge_tokens(now, limit)
        revocations: int = await self._store.purge_revocations(now, limit)
        return logins + revocations
