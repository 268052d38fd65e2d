"""Reading a header that may stand only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["header_values"]


def header_values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """Every value under the lower-case `name`; a credential that comes twice is not to be believed."""
    return [value for found, value in headers if found == name]
