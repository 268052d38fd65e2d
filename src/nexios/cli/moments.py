"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["moment", "seen_from"]

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def moment(seconds: float, now: float) -> str:
    """A moment as a date and as seen from `now`, e.g. `2026-01-01 12:00:00 UTC, in 30 minutes`.

    Args:
        seconds: The moment, in seconds since the epoch.
        now: The time now, in seconds since the epoch.

    Raises:
        ValueError: No calendar has such a date.
    """
    try:
        date = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("not a date") from error
    return f"{date:%Y-%m-%d %H:%M:%S} UTC, {seen_from(round(seconds - now))}"


def seen_from(distance: int) -> str:
    """A distance in seconds in words, e.g. `in 30 minutes`; one that is negative lies in the past."""
    for unit, size in _UNITS:
        # Two of a unit before it is used: 90 minutes say more than 2 hours.
        if abs(distance) >= 2 * size:
            words = f"{round(abs(distance) / size)} {unit}s"
            return f"in {words}" if distance > 0 else f"{words} ago"
    return "now"
