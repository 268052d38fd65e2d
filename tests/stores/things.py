"""Keys, sessions and tokens to keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from nexios.apikeys.model import APIKey
from nexios.stores import RefreshRecord, Revocation, SessionRecord, TokenFamily

# Redis lets expire by a clock of its own: this is far from now.
NOW = datetime(2090, 1, 15, 8, 0, 0, 123_457, tzinfo=UTC)

ODD_TEXTS = {
    "blank": "",
    "quotes": "'; DROP TABLE nexios_sessions; --",
    "wildcards": "%_*?[a]\\",
    "NUL": "a\0b",
    "escape": "\\0000\\",
    "emoji": "🔑 Zoë ﷽",
    "half a pair": "\ud800x\udfff",
    "colons": "a:b::c",
    "longest": "ä" * 256,
}


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


def a_hash(of: object) -> str:
    return f"{of}".rjust(64, "0")


def a_key(**fields: Any) -> APIKey:
    usual = {"id": "k1", "owner": "ada", "name": "ci", "prefix": "key", "hint": "4f2a"}
    return APIKey(**{**usual, "permissions": None, "created_at": NOW, **fields})


def a_session(**fields: Any) -> SessionRecord:
    usual = {"id": "s1", "secret_hash": a_hash("s1"), "identity": "ada", "data": {}}
    moments = {"created_at": NOW, "last_seen_at": NOW, "expires_at": later(days=14)}
    return SessionRecord(**{**usual, **moments, **fields})


def a_family(**fields: Any) -> TokenFamily:
    usual = {"id": "f1", "subject": "ada", "client": None, "scope": None, "claims": b"{}"}
    return TokenFamily(**{**usual, "created_at": NOW, "expires_at": later(days=30), **fields})


def a_token(**fields: Any) -> RefreshRecord:
    usual = {"token_hash": a_hash("t1"), "family": "f1", "expires_at": later(days=30)}
    return RefreshRecord(**{**usual, **fields})


def a_revocation(**fields: Any) -> Revocation:
    usual = {"kind": "jti", "id": "r1", "at": NOW, "until": later(hours=1)}
    return Revocation(**{**usual, **fields})
