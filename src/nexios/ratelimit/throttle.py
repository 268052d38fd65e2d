"""Failed credentials: whoever presents too many is not heard for a while."""

from __future__ import annotations

import logging
import math
import time
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any

from nexios.exceptions import NexiosError
from nexios.http.problems import Problem, TooManyRequests, Unavailable
from nexios.ratelimit.counting import limits_of
from nexios.ratelimit.model import read_limits
from nexios.ratelimit.telling import tell_limit
from nexios.ratelimit.whose import place_of

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from nexios.auth.backends.base import AuthenticationBackend
    from nexios.auth.model import AuthResult
    from nexios.types import Clock

__all__ = ["Throttle"]

logger = logging.getLogger("nexios.ratelimit")

_MOST = 10_000

# A client that asks for a new token once the old one is refused is no guesser.
_HARMLESS = frozenset({"expired"})


class Throttle:
    """Counts credentials that were refused, by address and by the identity that they were tried for.

    An address with too many is barred: what it presents is not looked at until its time is over, so that
    guessing is slow even for a guess that is right. An identity with too many bars each address that fails
    for it once more. Neither bars anybody else: a good credential from another address gets in.

    Args:
        limit: How many may fail, e.g. `"10/minute"`.
        clock: A clock that is never turned back, in seconds.

    Raises:
        ConfigError: `limit` is none.
    """

    def __init__(self, limit: str, clock: Clock = time.monotonic) -> None:
        self._limits = read_limits(limit)
        self._clock = clock
        self._lock = Lock()
        # Until when; a request that finds this empty asks nothing more.
        self.barred: dict[tuple[str, ...], float] = {}

    def refusal(self, scope: MutableMapping[str, Any]) -> TooManyRequests | None:
        """The answer to a request whose address is barred."""
        place = place_of(scope)
        until = self.barred.get(place)
        if until is None:
            return None
        left = until - self._clock()
        if left <= 0:
            with self._lock:
                self.barred.pop(place, None)
            return None
        return _too_many(left)

    async def count(
        self, scope: MutableMapping[str, Any], backend: AuthenticationBackend, result: AuthResult
    ) -> Problem | None:
        """Count a credential that was refused.

        Args:
            scope: The request's.
            backend: Whose credential it is.
            result: What the backend answered.

        Returns:
            What to answer in place of a 401, where the address is barred from now on or nothing is known.
        """
        if result.reason in _HARMLESS:
            return None
        place = place_of(scope)
        keys = [("failed", *place)]
        if result.identity and isinstance(result.identity, str) and not backend.identity_is_secret:
            keys.append(("failed", "for", result.identity))
        try:
            counters = limits_of(scope)
            counts = [(key, await counters.hit(self._limits, *key)) for key in keys]
        except NexiosError as error:
            logger.error("%s: guarded routes answer 503", error)
            return Unavailable("Authentication is not available at the moment.")
        longest = 0.0
        for key, count in counts:
            if not count.allowed:
                tell_limit(scope, count, "failures of an identity" if key[1] == "for" else "failures")
                longest = max(longest, count.windows[-1].reset, 1.0)
        if not longest:
            return None
        # Behind a proxy that nobody said to trust, this is everybody: then the log shows its address.
        logger.warning("%s is not heard for %d s: too many credentials were refused", place[1], longest)
        self._bar(place, self._clock() + longest)
        return _too_many(longest)

    def _bar(self, place: tuple[str, ...], until: float) -> None:
        with self._lock:
            if len(self.barred) >= _MOST:
                now = self._clock()
                over = [other for other, ends in self.barred.items() if ends <= now]
                for other in {*over, *islice(self.barred, _MOST // 8)}:
                    del self.barred[other]
            self.barred[place] = until


def _too_many(seconds: float) -> TooManyRequests:
    headers = {"Retry-After": str(max(1, math.ceil(seconds)))}
    return TooManyRequests("Too many credentials were refused. Try again later.", headers)
