"""What came of a count."""

from __future__ import annotations

import math

import msgspec

from nexios.quotas import Limit, read_limits

__all__ = ["Count", "Limit", "Window", "read_limits"]


class Window(msgspec.Struct, frozen=True):
    """How it stands with one limit.

    Attributes:
        limit: The limit.
        remaining: How many requests are left.
        reset: In how many seconds there is room again.
    """

    limit: Limit
    remaining: int
    reset: float


class Count(msgspec.Struct, frozen=True):
    """What came of counting one request.

    Attributes:
        allowed: Whether it is within every limit.
        windows: How it stands with each limit that was asked; the last one is that which is reached.
    """

    allowed: bool
    windows: tuple[Window, ...]

    @property
    def retry_after(self) -> int:
        """In how many seconds to ask again; 0 where it is allowed."""
        return 0 if self.allowed else max(1, math.ceil(self.windows[-1].reset))
