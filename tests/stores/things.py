"""Keys, sessions and tokens to keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from nexios.apikeys.model import APIKey

NOW = datetime(2027, 1, 15, 8, 0, 0, 123_457, tzinfo=UTC)


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


def a_key(**fields: Any) -> APIKey:
    usual = {"id": "k1", "owner": "ada", "name": "ci", "prefix": "key", "hint": "4f2a"}
    return APIKey(**{**usual, "permissions": None, "created_at": NOW, **fields})
