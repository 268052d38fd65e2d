"""The ids of signed sessions."""

from __future__ import annotations

import secrets

__all__ = ["new_session_id", "renewed_session_id", "session_family"]

# An id is 16 letters that name the session for all its life, and 8 that each renewal changes. So a logout
# ends every id that the session had, also one that a request still running has just renewed.
_FAMILY = 16


def new_session_id() -> str:
    """A new session's id: 144 random bits (ASVS 7.2.3)."""
    return secrets.token_urlsafe(12) + secrets.token_urlsafe(6)


def renewed_session_id(session_id: str) -> str:
    """Another id of the same session."""
    return session_family(session_id) + secrets.token_urlsafe(6)


def session_family(session_id: str) -> str:
    """The part of an id that stays when the session is renewed."""
    return session_id[:_FAMILY]
