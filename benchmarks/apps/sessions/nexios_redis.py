"""Nexios, its sessions in Redis."""

from __future__ import annotations

from benchmarks.apps.sessions.stored import session_app
from benchmarks.world import REDIS

app = session_app(REDIS)
