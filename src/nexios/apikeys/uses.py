"""When each key was last used: gathered in memory, and written from time to time."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["Uses"]

logger = logging.getLogger("nexios.apikeys")

# Of more keys than this, used since the last writing, nothing is noted: a bound, not a promise.
_MAX_GATHERED = 100_000
_BATCH = 1000


class Uses:
    """Gathers uses, and writes them while the event loop runs on.

    Args:
        write: Writes the moments of the last use by the keys' ids.
        every: Seconds between two writings.
    """

    def __init__(self, write: Callable[[Mapping[str, datetime]], Awaitable[None]], every: float) -> None:
        self._write = write
        self._every = every
        self._used: dict[str, float] = {}
        self._lock = Lock()
        # When the next writing is due; None: none is arranged.
        self._due: float | None = None
        self._writing: asyncio.Task[None] | None = None

    def note(self, key_id: str, now: float) -> None:
        """Remember that a key was used at `now`, in seconds since the epoch."""
        with self._lock:
            if key_id in self._used or len(self._used) < _MAX_GATHERED:
                self._used[key_id] = now
            # Long overdue: the event loop that was to write is gone.
            if self._due is None or not self._due - self._every <= now < self._due + self._every:
                self._arrange(now)

    async def flush(self) -> None:
        """Write what was gathered.

        Raises:
            StoreUnavailable: The store does not answer; what was not written is gathered still.
        """
        with self._lock:
            used, self._used, self._due = self._used, {}, None
        try:
            while used:
                batch = dict(islice(used.items(), _BATCH))
                await self._write({name: datetime.fromtimestamp(used[name], UTC) for name in batch})
                for name in batch:
                    del used[name]
        finally:
            if used:
                with self._lock:
                    # What was used meanwhile was used later.
                    self._used = used | self._used

    def _arrange(self, now: float) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # another kind of event loop: it is written when the store is closed
        # A timer, since a task that waits would be left over when the loop ends.
        loop.call_later(self._every, self._begin, loop)
        self._due = now + self._every

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._writing is None or self._writing.done():
            self._writing = loop.create_task(self._flush_or_say())

    async def _flush_or_say(self) -> None:
        try:
            await self.flush()
        except Exception as error:
            logger.warning("when API keys were last used could not be written yet: %s", type(error).__name__)
