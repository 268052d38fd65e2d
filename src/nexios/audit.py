"""The audit: what happened to credentials, as lines in the log or rows in a store.

Nothing is in it that is not in an event, so no secret; and what clients wrote is escaped, so that nobody
writes lines of their own into the log (CWE-117).
"""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import anyio
import msgspec

from nexios.events import (
    Event,
    Events,
    KeyCreated,
    KeyRevoked,
    KeyRotated,
    LimitReached,
    Refused,
    SessionBegan,
    SessionEnded,
    TokenIssued,
    TokenRefreshed,
    TokenReused,
    TokenRevoked,
)
from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.stores.base import AuditStore
from nexios.stores.names import MAX_NAME
from nexios.stores.records import AuditRecord
from nexios.stores.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nexios.types import Clock

__all__ = ["AUDITED", "AuditTrail", "event_line", "log_events"]

AUDITED: tuple[type[Event], ...] = (
    *(Refused, LimitReached, SessionBegan, SessionEnded),
    *(KeyCreated, KeyRotated, KeyRevoked),
    *(TokenIssued, TokenRefreshed, TokenReused, TokenRevoked),
)
"""What is kept and logged by default: all but `Authenticated` and `KeyUsed`, which each request brings."""

_COMMON = frozenset({"event", "at", "identity", "scope", "address"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0

logger = logging.getLogger("nexios.audit")


def event_line(event: Event) -> str:
    """`event` as one line of JSON in printable ASCII; what is not known of it is left out."""
    known = {name: value for name, value in msgspec.to_builtins(event).items() if value is not None}
    return json.dumps(known).replace("\x7f", "\\u007f")


def log_events(events: Events, *kinds: type[Event], name: str = "nexios.audit") -> None:
    """Write each event as a line of JSON to the log, at INFO.

    Args:
        events: Where they come from, e.g. `app.events`.
        kinds: Which are written; none: those of `AUDITED`.
        name: The logger's name.
    """
    to = logging.getLogger(name)

    @events.listen(*(kinds or AUDITED))
    def log_event(event: Event) -> None:
        to.info("%s", event_line(event))


class AuditTrail:
    """Keeps events in a store for a time, and finds them again.

    While the store is down they wait, as many as the queue holds; see `Events.dropped`.

    Args:
        store: Keeps them: `SQLStore`, or in tests `MemoryStore`.
        events: Where they come from, e.g. `app.events`.
        kinds: Which are kept.
        retention: How long they are kept.
        waiting: How many may wait to be written.
        clock: The time now, in seconds since the epoch.
        pause: Waits for so many seconds, before the store is tried again.

    Raises:
        ConfigError: One of them cannot be.
    """

    def __init__(
        self,
        store: AuditStore,
        events: Events,
        *,
        kinds: Sequence[type[Event]] = AUDITED,
        retention: timedelta = timedelta(days=365),
        waiting: int = 10_000,
        clock: Clock = time.time,
        pause: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        if isinstance(store, type) or not isinstance(store, AuditStore):
            name = store.__name__ if isinstance(store, type) else type(store).__name__
            raise ConfigError(
                f'AuditTrail: {name} keeps no audit: use a database, open_store("sqlite:///app.db") or '
                f'open_store("postgresql://..."), or in tests MemoryStore()'
            )
        if not isinstance(events, Events):
            raise ConfigError("AuditTrail listens to an Events: AuditTrail(store, app.events)")
        if not isinstance(retention, timedelta) or retention <= timedelta(0):
            raise ConfigError("AuditTrail: retention is a timedelta, e.g. timedelta(days=365)")
        self.retention = retention
        self._store = store
        self._clock = clock
        self._pause = pause
        self._numbers = count()
        self._sweep = Sweep(lambda now, limit: store.purge_audit(now - retention, limit), clock)
        events.listen_in_batches(*kinds, waiting=waiting)(self._keep)

    async def find(
        self,
        *,
        identity: str | None = None,
        kind: type[Event] | None = None,
        since: datetime | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        """What happened, the newest first.

        Args:
            identity: To whose credentials; None: to anybody's.
            kind: What; None: anything.
            since: Not before this.
            before: The id of the oldest one that is known already.
            limit: How many at most.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        event = None if kind is None else kind.name()
        return await self._store.list_audit(
            identity=identity, event=event, since=since, before=before, limit=limit
        )

    async def purge(self, *, limit: int = 1000) -> int:
        """Delete what is older than `retention`, as is done from time to time; how many were.

        Args:
            limit: How many at most.
        """
        return await self._store.purge_audit(
            datetime.fromtimestamp(self._clock(), UTC) - self.retention, limit
        )

    async def _keep(self, events: list[Event]) -> None:
        records = [self._record(event) for event in events]
        wait = _FIRST_PAUSE
        while True:
            try:
                await self._store.add_audit(records)
                break
            except StoreUnavailable as error:
                logger.error("the audit trail waits to be written: %s", error)
                await self._pause(wait)
                wait = min(2 * wait, _LONGEST_PAUSE)
        for _ in records:
            self._sweep.added()
        await self._sweep.run()

    def _record(self, event: Event) -> AuditRecord:
        known: dict[str, Any] = msgspec.to_builtins(event)
        return AuditRecord(
            id=self._id(event.at),
            at=event.at,
            event=event.name(),
            identity=_short(event.identity),
            scope=_short(event.scope),
            address=_short(event.address),
            details={
                name: value for name, value in known.items() if name not in _COMMON and value is not None
            },
        )

    def _id(self, at: datetime) -> str:
        """An id that sorts as the moments do, and within one as the events came."""
        microseconds = int(at.timestamp() * 1_000_000)
        return f"{microseconds:014x}{next(self._numbers) & 0xFFFF_FFFF:08x}{token_hex(6)}"

    def __repr__(self) -> str:
        return f"AuditTrail({type(self._store).__name__}, retention={self.retention!r})"


def _short(text: str | None) -> str | None:
    return None if text is None else text[:MAX_NAME]
