"""When to delete what has expired: now and then, a bounded number at a time."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nexios.types import Clock

__all__ = ["Sweep"]

# More is deleted in one go than can have been added since the one before: a store does not grow without end.
_ADDED = 100
_BATCH = 1000
_PAUSE = 60.0

logger = logging.getLogger("nexios.stores")


class Sweep:
    """Deletes expired rows as new ones come: after a hundred of them, or the first that comes after a minute.

    Whoever adds rows calls `run` where nobody waits for it, as after an answer was sent: there is no task
    that runs beside, and none to be stopped.

    Args:
        purge: Deletes at most so many rows that were over at a moment, e.g. `store.purge_sessions`.
        clock: The time now.
    """

    def __init__(self, purge: Callable[[datetime, int], Awaitable[int]], clock: Clock) -> None:
        self._purge = purge
        self._clock = clock
        self._added = 0
        self._last = clock()

    def added(self) -> None:
        """Note that there is a row more."""
        self._added += 1

    async def run(self) -> None:
        """Delete a batch where it is time to; a store that is down is left for the next time."""
        if not self._added:
            return
        now = self._clock()
        if self._added < _ADDED and 0 <= now - self._last < _PAUSE:
            return
        self._added, self._last = 0, now
        try:
            await self._purge(datetime.fromtimestamp(now, UTC), _BATCH)
        except Exception as error:
            logger.warning("what has expired could not be deleted: %s", type(error).__name__)
