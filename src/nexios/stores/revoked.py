"""What was revoked, known in this process, so that nobody asks the store each time."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from nexios.exceptions import StoreUnavailable
from nexios.stores.records import Revocation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from nexios.stores.base import RevocationStore
    from nexios.types import Clock

__all__ = ["FRESH_FOR", "RevokedList"]

FRESH_FOR = 0.9
"""Seconds that the list is believed, from before the store was asked; one second at most until all know."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 1000
# A store that always has more must not hold the requests that wait for it.
_MOST_PAGES = 1000

logger = logging.getLogger("nexios.stores")


class RevokedList:
    """The revocations of one kind in a store, brought up to date at most once a second.

    Ask `is_fresh`, and where it is not await `refresh` before anything is asked of the list. Where more is
    revoked than the bound holds, the oldest revocation is given up, and with it everything that was issued no
    later than that: somebody may have to log in again, and nobody gets in by what is over.

    Args:
        store: The store.
        kind: What is revoked, e.g. `"session"`.
        clock: The time now, in seconds since the epoch.
        monotonic: A clock that is never turned back, in seconds.
        limit: How many revocations are kept at most.
    """

    def __init__(
        self,
        store: RevocationStore,
        kind: str,
        *,
        clock: Clock = time.time,
        monotonic: Clock = time.monotonic,
        limit: int = 100_000,
    ) -> None:
        self._store = store
        self._kind = kind
        self._clock = clock
        self._monotonic = monotonic
        self._limit = limit
        # By id: when it was revoked, and until when anybody needs to know, in seconds since the epoch.
        self._revoked: dict[str, tuple[float, float]] = {}
        self._floor = -math.inf
        self._cursor: str | None = None
        self._asked_at = -math.inf
        # A server may run an event loop in each of several threads.
        self._lock = Lock()
        self._asking: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None

    def is_fresh(self) -> bool:
        """Whether the list may be believed at this moment."""
        return 0 <= self._monotonic() - self._asked_at < FRESH_FOR

    async def refresh(self) -> None:
        """Bring the list up to date unless it is; all who wait at the same time ask the store once.

        Raises:
            StoreUnavailable: The store does not answer; nothing is known, so nobody is to be let in.
        """
        if self.is_fresh():
            return
        came = self._monotonic()
        await self._ask_together()
        # Again, where that was the answer to a question from long before: the store was slow.
        while came - self._asked_at >= FRESH_FOR:
            await self._ask_together()

    async def renew(self) -> None:
        """Bring the list up to date, also where it was a moment ago.

        Raises:
            StoreUnavailable: As for `refresh`.
        """
        came = self._monotonic()
        await self._ask_together()
        while self._asked_at < came:
            await self._ask_together()

    async def _ask_together(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return await self._ask()  # another kind of event loop: each asks for itself
        if self._asking is None or self._asking[0] is not loop or self._asking[1].done():
            task = loop.create_task(self._ask())
            task.add_done_callback(_look_at)
            self._asking = loop, task
        else:
            task = self._asking[1]
        # Who goes away must not take the answer from those who wait with it.
        await asyncio.shield(task)

    def is_revoked(self, revoked: str, issued_at: float) -> bool:
        """Whether the one of this id is over for good.

        Args:
            revoked: Its id.
            issued_at: When it began, in seconds since the epoch.
        """
        return revoked in self._revoked or issued_at <= self._floor

    def revoked_at(self, revoked: str) -> float:
        """Up to when all that began in the name of this id is over, in seconds since the epoch.

        It is for what may begin anew, as a user may log in again. Where nothing is over, minus infinity.
        """
        found = self._revoked.get(revoked)
        return self._floor if found is None else max(found[0], self._floor)

    def is_clear(self, ids: Collection[str], issued_at: float) -> bool:
        """Whether the list may be believed and none of these ids is in it: most are told by this alone.

        Args:
            ids: Of whatever kind, for `is_revoked` or `revoked_at`.
            issued_at: When what they name began, in seconds since the epoch.
        """
        return (
            0 <= self._monotonic() - self._asked_at < FRESH_FOR
            and self._floor < issued_at
            and self._revoked.keys().isdisjoint(ids)
        )

    async def add(self, revoked: Iterable[tuple[str, float, float]]) -> None:
        """Revoke: here at once, and in every process within a second.

        Args:
            revoked: For each its id, when it is revoked, and when it would have expired, in seconds since the
                epoch.

        Raises:
            StoreUnavailable: The store does not answer; ask for it again.
        """
        # A moment is a whole number of microseconds in a store; the later one is on the safe side.
        each = [
            Revocation(kind=self._kind, id=name, at=_up(at), until=_up(until)) for name, at, until in revoked
        ]
        # Before the store is asked: what it may have kept although it did not answer is over here.
        self._take(each)
        await self._store.revoke(each)

    async def _ask(self) -> None:
        asked_at = self._monotonic()
        cursor, more = self._cursor, True
        for _ in range(_MOST_PAGES):
            found, cursor, more = await self._store.revoked_since(self._kind, cursor, _PAGE)
            self._take(found)
            if not more:
                break
        if more:
            raise StoreUnavailable("the store has more revocations than can be read")
        with self._lock:
            if asked_at >= self._asked_at:
                self._asked_at, self._cursor = asked_at, cursor

    def _take(self, found: Sequence[Revocation]) -> None:
        if not found:
            return
        with self._lock:
            for each in found:
                at, until = each.at.timestamp(), each.until.timestamp()
                known_at, known_until = self._revoked.get(each.id, (at, until))
                self._revoked[each.id] = max(at, known_at), max(until, known_until)
            if len(self._revoked) > self._limit:
                self._make_room()

    def _make_room(self) -> None:
        now = self._clock()
        left = {name: moments for name, moments in self._revoked.items() if moments[1] > now}
        # A tenth is free afterwards, so that the search is not made at each revocation.
        too_many = len(left) - (self._limit - self._limit // 10)
        if too_many > 0:
            oldest = sorted(left, key=lambda name: left[name][0])[:too_many]
            # The floor first: whoever looks meanwhile must not find it in neither.
            self._floor = max(self._floor, left[oldest[-1]][0])
            for name in oldest:
                del left[name]
            logger.warning(
                "more than %d of kind %s are revoked: what is as old as the oldest of them is refused too",
                self._limit,
                self._kind,
            )
        self._revoked = left

    def __len__(self) -> int:
        return len(self._revoked)

    def __repr__(self) -> str:
        return f"<RevokedList of {self._kind}, {len(self._revoked)} known>"


def _up(moment: float) -> datetime:
    return _EPOCH + timedelta(microseconds=math.ceil(moment * 1_000_000))


def _look_at(task: asyncio.Task[None]) -> None:
    # Where all who waited went away, nobody else would look at how it ended.
    if not task.cancelled():
        task.exception()
