"""How text and moments are written into Redis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["from_bytes", "from_moment", "pairs", "to_bytes", "to_milliseconds", "to_moment"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_bytes(text: str) -> bytes:
    """`text`, also where half of a surrogate pair is in it."""
    return text.encode("utf-8", "surrogatepass")


def from_bytes(raw: bytes) -> str:
    """What `to_bytes` was given."""
    return raw.decode("utf-8", "surrogatepass")


def from_moment(moment: datetime) -> bytes:
    """The microseconds since 1970, which a script compares as numbers without losing one."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a time zone: datetime.now(UTC)")
    return b"%d" % ((moment - _EPOCH) // _MICROSECOND)


def to_moment(raw: bytes) -> datetime:
    """What `from_moment` was given."""
    return _EPOCH + int(raw) * _MICROSECOND


def to_milliseconds(moment: datetime) -> int:
    """When a key expires, by Redis's own clock; never before `moment`."""
    return -(-int(from_moment(moment)) // 1000)


def pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """A hash as a script answers it: each field, and behind it its value."""
    return dict(zip(flat[::2], flat[1::2], strict=True))
