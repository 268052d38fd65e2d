"""Nexios, its sessions in PostgreSQL."""

from __future__ import annotations

from benchmarks.apps.sessions.stored import session_app
from benchmarks.world import POSTGRESQL, SESSIONS

app = session_app(f"{POSTGRESQL}?schema={SESSIONS}")
