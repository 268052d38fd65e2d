"""Counters in the process, within a bound."""

from __future__ import annotations

from collections import deque
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from limits.aio.storage import MovingWindowSupport, Storage

if TYPE_CHECKING:
    from nexios.types import Clock

__all__ = ["MemoryCounters"]


class _Counter(NamedTuple):
    """When something was counted, the oldest first; or, in a fixed window, how often."""

    ends: float
    times: deque[float]
    often: int = 0


class MemoryCounters(Storage, MovingWindowSupport):
    """What `limits` counts in, in place of its own memory, which grows with every address that asks.

    Args:
        clock: The time now, in seconds.
        most: How many counters are kept; beyond that, those that are over go, and the oldest eighth.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock, most: int = 100_000) -> None:
        super().__init__()
        self._clock = clock
        self._most = most
        self._counters: dict[str, _Counter] = {}
        # A server may run an event loop in each of several threads.
        self._lock = Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """None is ever raised."""
        return OSError

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` if that is within `limit` in a moving window of `expiry` seconds."""
        now = self._clock()
        with self._lock:
            times = self._within(key, now - expiry)
            if len(times) + amount > limit:
                return False
            times.extend([now] * amount)
            self._put(key, _Counter(now + expiry, times), now)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest within the window was counted, and how many are."""
        now = self._clock()
        with self._lock:
            times = self._within(key, now - expiry)
            return (times[0], len(times)) if times else (now, 0)

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count in a fixed window, which begins when something is counted and lasts `expiry` seconds."""
        now = self._clock()
        with self._lock:
            found = self._counters.get(key)
            if found is None or found.ends <= now:
                found = _Counter(now + expiry, deque())
            counted = found._replace(often=found.often + amount)
            self._put(key, counted, now)
        return counted.often

    async def get(self, key: str) -> int:
        """How many were counted in the fixed window."""
        found = self._counters.get(key)
        return 0 if found is None or found.ends <= self._clock() else found.often

    async def get_expiry(self, key: str) -> float:
        """When the fixed window ends."""
        found = self._counters.get(key)
        return self._clock() if found is None else found.ends

    async def check(self) -> bool:
        """It is always there."""
        return True

    async def reset(self) -> int:
        """Forget everything."""
        with self._lock:
            count = len(self._counters)
            self._counters.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one counter."""
        with self._lock:
            self._counters.pop(key, None)

    def _within(self, key: str, begin: float) -> deque[float]:
        """The times of a moving window that began at `begin`; what is older is forgotten."""
        found = self._counters.get(key)
        times = deque[float]() if found is None else found.times
        while times and times[0] <= begin:
            times.popleft()
        return times

    def _put(self, key: str, counter: _Counter, now: float) -> None:
        # The one that was counted last stands last, so that the oldest goes first.
        self._counters.pop(key, None)
        if len(self._counters) >= self._most:
            over = [other for other, each in self._counters.items() if each.ends <= now]
            for other in {*over, *islice(self._counters, len(self._counters) // 8 + 1)}:
                del self._counters[other]
        self._counters[key] = counter
