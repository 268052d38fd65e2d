"""Nexios, its sessions in Redis."""

from __future__ import annotations

from benchmarks.apps.sessions.stored import session_app
from benchmarks.world import REDIS, SESSIONS

app = session_app(f"{REDIS}?prefix={SESSIONS}:")
