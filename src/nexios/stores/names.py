"""How long the names may be by which a store finds things."""

from __future__ import annotations

__all__ = ["MAX_NAME", "check_names"]

MAX_NAME = 256
"""The letters that an id, an identity, or a key of a session may have: what an index of any engine takes."""


def check_names(*names: str | None) -> None:
    """Refuse a name that not every engine could keep.

    Raises:
        ValueError: One is longer than `MAX_NAME` letters.
    """
    for name in names:
        if name is not None and len(name) > MAX_NAME:
            raise ValueError(f"a store keeps names of at most {MAX_NAME} letters; this one has {len(name)}")
