"""JSON as answers and problem bodies are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["json_bytes"]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(
        f"{type(value).__name__} has no JSON form: return a dict, list, text, number, bool or None"
    )


json_bytes = msgspec.json.Encoder(enc_hook=_plain).encode
"""Encode a value as JSON (RFC 8259)."""
