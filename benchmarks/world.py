"""What every measured application serves: the same users, the same secret, the same API key.

The secret and the key are drawn anew for each run and handed to the served processes in the environment,
so that no credential stands in a file.
"""

from __future__ import annotations

import hashlib
import os
import secrets

from nexios.auth.backends.apikey import create_api_key


def _shared(name: str, value: str) -> str:
    """The value of `name` in the environment, which child processes inherit; `value` where there is none."""
    return os.environ.setdefault(f"NEXIOS_BENCH_{name}", value)


SECRET = _shared("SECRET", secrets.token_hex(32))
"""Signs tokens and session cookies. 64 characters, so that also Litestar's 32 byte cut of it is random."""

API_KEY = _shared("API_KEY", create_api_key()[0])

FOURTEEN_DAYS = 14 * 24 * 60 * 60
"""How long a session cookie is good for, in seconds."""

USERS: dict[str, str] = {str(number): f"User {number}" for number in range(1, 1001)}
"""Identity to display name: the user table."""

API_KEYS: dict[str, str] = {hashlib.sha256(API_KEY.encode()).hexdigest(): "7"}
"""SHA-256 of an API key to the identity of its owner."""

IDENTITY = "7"
"""Whose credentials the requests carry, where they are the same each time."""

UNAUTHORIZED: dict[str, str | int] = {
    "type": "about:blank",
    "title": "Unauthorized",
    "status": 401,
    "detail": "A valid credential is required.",
}
"""The problem body (RFC 9457) of every refusal that an application writes itself."""

POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/test"
REDIS = "redis://127.0.0.1:6379/0"
"""The servers of the parts that measure stores."""

SESSIONS = "nexios_benchmark_sessions"
"""The schema, and the start of the keys, of the applications whose sessions are measured."""
