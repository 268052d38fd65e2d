"""Nexios, its sessions in signed cookies."""

from __future__ import annotations

from benchmarks.apps.sessions.stored import session_app

app = session_app(None)
