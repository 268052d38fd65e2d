"""Sessions in memory."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

import msgspec

from nexios.stores.names import check_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from nexios.stores.records import SessionRecord

__all__ = ["MemorySessions"]


class MemorySessions:
    """`SessionStore` in memory."""

    def __init__(self) -> None:
        self._sessions: dict[str, SessionRecord] = {}
        self._id_of_secret: dict[str, str] = {}
        self._sessions_lock = Lock()

    async def add_session(self, session: SessionRecord) -> None:
        """See `SessionStore`."""
        check_names(session.id, session.secret_hash, session.identity, *session.data)
        with self._sessions_lock:
            if session.id in self._sessions or session.secret_hash in self._id_of_secret:
                raise ValueError("a session of this id or secret is kept already")
            self._sessions[session.id] = _own(session)
            self._id_of_secret[session.secret_hash] = session.id

    async def find_session(self, secret_hash: str) -> SessionRecord | None:
        """See `SessionStore`."""
        with self._sessions_lock:
            session_id = self._id_of_secret.get(secret_hash)
            return None if session_id is None else _own(self._sessions[session_id])

    async def change_session(
        self,
        session_id: str,
        changes: Mapping[str, bytes | None],
        *,
        secret_hash: str | None = None,
        in_place_of: str | None = None,
        identity: str | None = None,
    ) -> bool:
        """See `SessionStore`."""
        check_names(secret_hash, identity, *changes)
        with self._sessions_lock:
            session = self._sessions.get(session_id)
            if session is None or in_place_of not in (None, session.secret_hash):
                return False
            changed: dict[str, Any] = {"data": _changed(session.data, changes)}
            if identity is not None:
                changed["identity"] = identity
            if secret_hash is not None:
                if self._id_of_secret.get(secret_hash, session_id) != session_id:
                    raise ValueError("a session of this secret is kept already")
                del self._id_of_secret[session.secret_hash]
                self._id_of_secret[secret_hash] = session_id
                changed["secret_hash"] = secret_hash
            self._sessions[session_id] = msgspec.structs.replace(session, **changed)
        return True

    async def touch_session(self, session_id: str, seen_at: datetime, idle_until: datetime | None) -> bool:
        """See `SessionStore`."""
        with self._sessions_lock:
            session = self._sessions.get(session_id)
            if session is None:
                return False
            if seen_at > session.last_seen_at:
                self._sessions[session_id] = msgspec.structs.replace(
                    session, last_seen_at=seen_at, idle_until=idle_until
                )
        return True

    async def get_session(self, session_id: str) -> SessionRecord | None:
        """See `SessionStore`."""
        session = self._sessions.get(session_id)
        return None if session is None else _own(session)

    async def list_sessions(self, identity: str, *, limit: int = 1000) -> list[SessionRecord]:
        """See `SessionStore`."""
        with self._sessions_lock:
            found = [_own(session) for session in self._sessions.values() if session.identity == identity]
        found.sort(key=lambda session: session.id)
        found.sort(key=lambda session: session.last_seen_at, reverse=True)
        return found[:limit]

    async def end_session(self, session_id: str) -> bool:
        """See `SessionStore`."""
        with self._sessions_lock:
            return self._end([session_id]) == 1

    async def end_sessions(self, identity: str, keep: str | None = None) -> int:
        """See `SessionStore`."""
        with self._sessions_lock:
            return self._end(
                session.id
                for session in list(self._sessions.values())
                if session.identity == identity and session.id != keep
            )

    async def purge_sessions(self, now: datetime, limit: int) -> int:
        """See `SessionStore`."""
        with self._sessions_lock:
            over = [
                session.id
                for session in self._sessions.values()
                if session.expires_at <= now or (session.idle_until is not None and session.idle_until <= now)
            ]
            return self._end(over[:limit])

    def _end(self, ids: Any) -> int:
        ended = 0
        for session_id in ids:
            session = self._sessions.pop(session_id, None)
            if session is not None:
                del self._id_of_secret[session.secret_hash]
                ended += 1
        return ended


def _own(session: SessionRecord) -> SessionRecord:
    """`session` with a dictionary that nobody else holds: the one part of it that could be changed."""
    return msgspec.structs.replace(session, data=dict(session.data))


def _changed(data: dict[str, bytes], changes: Mapping[str, bytes | None]) -> dict[str, bytes]:
    merged = {**data, **changes}
    return {key: value for key, value in merged.items() if value is not None}
