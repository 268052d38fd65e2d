"""Which access tokens are over before they expire: single ones, all of a login, all of a subject."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nexios.stores.revoked import RevokedList

if TYPE_CHECKING:
    from nexios.stores.base import RevocationStore
    from nexios.types import Clock

__all__ = ["MAX_SUBJECT", "Revocations"]

MAX_SUBJECT = 255
"""The letters that a subject may have (OpenID Connect Core 2)."""

_KIND = "token"
# An id of ours is a UUID and never begins so: nobody takes a token's name by calling himself that.
_SUBJECT = "@"
# Two microseconds, since one may be lost where a moment is rounded.
_STEP = 0.000_002
# How much longer than the tokens themselves a revocation is remembered, since clocks differ, in seconds.
_MARGIN = 60.0


class Revocations:
    """What is known in this process of revoked access tokens; never older than a second when it is asked.

    Args:
        store: The store that all processes share.
        lifetime: How long an access token may live, in seconds.
        leeway: How far the clocks of the processes may differ, in seconds.
        clock: The time now, in seconds since the epoch.
        monotonic: A clock that is never turned back, in seconds.
        limit: How many revocations are kept at most.
    """

    __slots__ = ("_clock", "_leeway", "_lifetime", "_list", "is_clear", "is_fresh", "refresh")

    def __init__(
        self,
        store: RevocationStore,
        *,
        lifetime: float,
        leeway: float,
        clock: Clock,
        monotonic: Clock = time.monotonic,
        limit: int = 100_000,
    ) -> None:
        self._list = RevokedList(store, _KIND, clock=clock, monotonic=monotonic, limit=limit)
        self._lifetime = lifetime + 2 * leeway + _MARGIN
        self._leeway = leeway
        self._clock = clock
        self.is_clear = self._list.is_clear
        self.is_fresh = self._list.is_fresh
        self.refresh = self._list.refresh

    @staticmethod
    def names(token_id: str, family: str, subject: str) -> tuple[str, str, str]:
        """What a token is called in the list, for `is_clear`."""
        return token_id, family, _SUBJECT + subject

    def spare(self, token_id: str, family: str, subject_name: str, issued_at: float) -> bool:
        """Whether a token of these `names` is none of the revoked ones."""
        known = self._list
        return not (
            known.is_revoked(token_id, issued_at)
            or known.is_revoked(family, issued_at)
            or issued_at <= known.revoked_at(subject_name)
        )

    async def moment_after(self, subject: str, now: float) -> float:
        """The same as `next_moment`, also after what another process has revoked just now.

        With a leeway it would be the later one for as long as that.
        """
        await self._list.renew()
        return self.next_moment(subject, now)

    def next_moment(self, subject: str, now: float) -> float:
        """`now`, or what is needed to come after the last time that all of `subject` was revoked.

        A password is changed, everything before is revoked, and a new login follows in the same microsecond.
        """
        return max(now, self._list.revoked_at(_SUBJECT + subject) + _STEP)

    async def revoke(self, *ids: str) -> None:
        """Refuse the token, or the family, of each of these ids from now on."""
        now = self._clock()
        await self._list.add([(each, now, now + self._lifetime) for each in ids])

    async def revoke_subject(self, subject: str) -> None:
        """Refuse every token of `subject` that was issued up to now, by whichever clock."""
        await self.refresh()
        # A login that had to come after an earlier revocation may be ahead of our own clock.
        at = max(self._clock() + self._leeway, self.next_moment(subject, 0) + _STEP)
        await self._list.add([(_SUBJECT + subject, at, at + self._lifetime)])
