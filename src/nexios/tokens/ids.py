"""Ids that say when they were made: UUIDs of version 7, to the microsecond (RFC 9562 5.7, 6.2 method 3)."""

from __future__ import annotations

import secrets
from uuid import UUID

__all__ = ["id_made_at", "new_id"]

_TO_FRACTION = 4096


def new_id(now: float) -> str:
    """A new id that was made at `now`, in seconds since the epoch."""
    milliseconds, microseconds = divmod(round(now * 1_000_000), 1000)
    # Upwards, or reading it back would give a microsecond less.
    fraction = -(-microseconds * _TO_FRACTION // 1000)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)))


def id_made_at(made: str) -> float:
    """When an id was made, in seconds since the epoch.

    Raises:
        ValueError: It is none of ours.
    """
    found = UUID(made)
    if found.version != 7 or str(found) != made:
        raise ValueError("not an id of ours")
    milliseconds, fraction = found.int >> 80, found.int >> 64 & 0xFFF
    return (milliseconds * 1000 + fraction * 1000 // _TO_FRACTION) / 1_000_000
