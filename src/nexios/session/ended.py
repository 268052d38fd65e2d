"""The ids of sessions that are over, remembered until their cookies would have expired (ASVS 7.4.1)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nexios.session.session import session_family

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

    def add(self, ended: str, created_at: int, until: float) -> None:
        """Remember that a session is over.

        Args:
            ended: Its id, or the family of ids that it had.
            created_at: When it began, in seconds since the epoch.
            until: When its last cookie expires, in seconds since the epoch.
        """
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
        if len(self._until) <= self._limit:
            return
        # A tenth at once, so that the search for expired ones is not made at each logout.
        for key in list(self._until)[: max(1, self._limit // 10)]:
            _, created_at = self._until.pop(key)
            self._floor = max(self._floor, created_at)
        logger.warning(
            "more than %d sessions ended: the oldest sessions end too; keep sessions in a store", self._limit
        )
