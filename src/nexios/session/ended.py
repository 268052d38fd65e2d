"""The ids of sessions that are over, remembered until their cookies would have expired (ASVS 7.4.1)."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING

from nexios.session.ids import session_family

if TYPE_CHECKING:
    from nexios.types import Clock

__all__ = ["EndedSessions"]

logger = logging.getLogger("nexios.session")


class EndedSessions:
    """Ids of ended sessions, within this process and within a bound.

    Where more sessions end than the bound holds, the oldest id is given up and with it every session that
    began no later than that one: somebody may have to log in again, and nobody gets in by a cookie from
    before a logout.

    Args:
        clock: The time now.
        limit: How many ids are kept at most.
    """

    def __init__(self, clock: Clock, limit: int = 100_000) -> None:
        self._clock = clock
        self._limit = limit
        self._until: dict[str, tuple[float, int]] = {}
        self._floor = -1
        # Handlers that are not async log out in threads.
        self._lock = Lock()

    def add(self, ended: str, created_at: int, until: float) -> None:
        """Remember that a session is over.

        Args:
            ended: Its id, or the family of ids that it had.
            created_at: When it began, in seconds since the epoch.
            until: When its last cookie expires, in seconds since the epoch.
        """
        with self._lock:
            self._until[ended] = (until, created_at)
            if len(self._until) > self._limit:
                self._make_room()

    def holds(self, session_id: str, created_at: int) -> bool:
        """Whether the session of this id, begun at `created_at`, is over."""
        until = self._until
        if not until:
            return created_at <= self._floor
        return session_id in until or session_family(session_id) in until or created_at <= self._floor

    def __len__(self) -> int:
        return len(self._until)

    def _make_room(self) -> None:
        now = self._clock()
        self._until = {key: value for key, value in self._until.items() if value[0] > now}
        # A tenth is free afterwards, so that the search for expired ones is not made at each logout.
        too_many = len(self._until) - (self._limit - self._limit // 10)
        if too_many <= 0:
            return
        oldest = list(self._until)[:too_many]
        # The floor first: whoever looks meanwhile must not find the session in neither.
        self._floor = max(self._floor, *(self._until[key][1] for key in oldest))
        for key in oldest:
            del self._until[key]
        logger.warning(
            "more than %d sessions ended: the oldest sessions end too; keep sessions in a store", self._limit
        )
