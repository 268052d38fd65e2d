"""How a limit is written, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from limits import RateLimitItem

__all__ = ["Limit", "parse_limits", "read_limits"]

# Longer ones are no limits of requests, and a counter would have to be kept as long.
_LONGEST = 366 * 24 * 3600


class Limit(msgspec.Struct, frozen=True):
    """So many requests within so many seconds.

    Attributes:
        amount: How many.
        seconds: Within which time.
    """

    amount: int
    seconds: int

    def __str__(self) -> str:
        for word, seconds in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
            if self.seconds % seconds == 0:
                several = self.seconds // seconds
                return f"{self.amount}/{word}" if several == 1 else f"{self.amount}/{several} {word}s"
        return f"{self.amount}/{self.seconds} seconds"


def parse_limits(text: object) -> tuple[Limit, ...]:
    """The limits that `text` names, e.g. `"10/minute"` or `"10/minute; 1000/day"`; the shortest first.

    Raises:
        ValueError: It names none.
        ConfigError: The library that reads it is not there.
    """
    try:
        from limits import parse_many
    except ImportError:
        raise ConfigError('rate limits need the package limits: pip install "nexios[ratelimit]"') from None
    items: list[RateLimitItem] = []
    if isinstance(text, str):
        try:
            items = parse_many(text)
        except ValueError:
            items = []
    limits = [Limit(item.amount, item.get_expiry()) for item in items]
    if not limits or not all(limit.amount > 0 and 0 < limit.seconds <= _LONGEST for limit in limits):
        raise ValueError(
            f"{str(text)[:50]!r} is no limit: write a number above 0 and a time, such as "
            f'"10/minute", "100 per 2 hours" or "10/minute; 1000/day" (at most a year)'
        )
    return tuple(sorted(dict.fromkeys(limits), key=lambda limit: limit.seconds))


def read_limits(text: object) -> tuple[Limit, ...]:
    """Like `parse_limits`, of a limit that a programmer wrote.

    Raises:
        ConfigError: It names none, or the library that reads it is not there.
    """
    try:
        return parse_limits(text)
    except ValueError as error:
        raise ConfigError(str(error)) from None
