"""JSON objects as tokens carry them, within a depth that no reader runs out of stack over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["MAX_DEPTH", "is_too_deep", "json_object"]

MAX_DEPTH = 32
"""How many levels of lists and objects are read, the outermost object counted."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def json_object(text: bytes) -> dict[str, Any]:
    """The JSON object that `text` is (RFC 8259 4).

    Raises:
        ValueError: It is none, or nested too deep.
    """
    try:
        found = _decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise ValueError("no JSON object") from None
    # A level needs a bracket, and most objects have fewer of them than may be nested.
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and is_too_deep(found):
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
    return found


def is_too_deep(claims: Mapping[str, Any]) -> bool:
    """Whether claims are nested deeper than is read, so that no handler runs out of stack over them."""
    level: list[Any] = [claims]
    for _ in range(MAX_DEPTH):
        inside = [value for each in level for value in (each.values() if isinstance(each, Mapping) else each)]
        level = [value for value in inside if isinstance(value, (list, tuple, Mapping))]
        if not level:
            return False
    return True
