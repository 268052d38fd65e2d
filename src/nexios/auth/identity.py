"""What a credential may name as identity."""

from __future__ import annotations

__all__ = ["identity_text"]


def identity_text(value: object) -> str | None:
    """`value` as an identity: text that is not empty, or a whole number as its text; None for all else."""
    if type(value) is int:
        return str(value) if abs(value) < 1 << 64 else None
    return value if isinstance(value, str) and value else None
