"""A clock that stands until it is turned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["FrozenClock"]


class FrozenClock:
    """What every `clock=` of Nexios takes: it stands until a test turns it, so that nobody sleeps.

    Args:
        at: The moment that it stands at.

    Raises:
        ValueError: `at` has no time zone.
    """

    def __init__(self, at: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self.set(at)

    def __call__(self) -> float:
        """The time, in seconds since the epoch."""
        return self._seconds

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.fromtimestamp(self._seconds, UTC)

    def set(self, at: datetime) -> None:
        """Turn it to a moment.

        Raises:
            ValueError: `at` has no time zone.
        """
        if at.tzinfo is None:
            raise ValueError("a moment has a time zone: datetime(2030, 1, 1, tzinfo=UTC)")
        self._seconds = at.timestamp()

    def advance(self, **by: float) -> None:
        """Turn it on, e.g. `clock.advance(minutes=5)`; the names are those of `timedelta`."""
        self._seconds += timedelta(**by).total_seconds()

    def __repr__(self) -> str:
        return f"FrozenClock({self.now.isoformat()})"
