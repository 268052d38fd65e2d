"""JSON as values of a type, with whole numbers however they are written."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

__all__ = ["decode_json"]

# RFC 8259 6: up to here every whole number is one and the same in all programs.
_EXACT = 2**53


T = TypeVar("T")


def decode_json(raw: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """`raw` by `decoder`, where `1.0` is a whole number as in JSON Schema; msgspec takes `1` alone.

    Raises:
        msgspec.ValidationError: It is JSON of another form.
        msgspec.DecodeError: It is no JSON.
        RecursionError: It is nested too deep.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError:
        # Some clients write all their numbers with a point; those who do not pay nothing for it.
        value = msgspec.json.decode(raw)
        whole = _with_wholes(value)
        if whole is value:
            raise
        found: T = msgspec.convert(whole, decoder.type, str_keys=True)
        return found


def _with_wholes(value: Any) -> Any:
    """`value` with whole numbers as such; itself where there is none to change."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _EXACT else value
    if isinstance(value, list):
        items = [_with_wholes(each) for each in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    if isinstance(value, dict):
        members = {name: _with_wholes(each) for name, each in value.items()}
        return value if all(members[name] is value[name] for name in value) else members
    return value
