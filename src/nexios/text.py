"""Is text really text?"""

from __future__ import annotations

__all__ = ["is_unicode"]


def is_unicode(text: str) -> bool:
    """Whether `text` has an encoding: one with half a surrogate pair has none (RFC 3629 3)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
