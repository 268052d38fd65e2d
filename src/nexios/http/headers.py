"""Reading a header that may stand only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["only_header"]


def only_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The value under the lower-case `name`.

    Returns:
        Empty where the header is not there; None where it comes more than once and none is to be believed.
    """
    found = None
    for given, value in headers:
        if given == name:
            if found is not None:
                return None
            found = value
    return b"" if found is None else found
