"""Sessions in a store, seen from outside of a request: listed and ended."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from nexios.events import SessionEnded
from nexios.exceptions import ConfigError
from nexios.stores.base import SessionStore

if TYPE_CHECKING:
    from nexios.events import Events
    from nexios.stores.records import SessionRecord
    from nexios.types import Clock

__all__ = ["SessionInfo", "Sessions"]

_LISTED = 1000


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A session as a list shows it; nothing in it opens anything, and its data is not shown.

    Attributes:
        id: Its public name, by which it is ended.
        identity: Whose it is; None as long as nobody has logged in.
        created_at: When it began.
        last_seen_at: When it was last used, to the minute.
        expires_at: When it ends whatever happens.
        address: Where it was begun from.
        user_agent: By what it was begun, as that said of itself.
    """

    id: str
    identity: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str | None


_Infos: TypeAlias = list[SessionInfo]


class Sessions:
    """The sessions that `SessionMiddleware(store=store)` keeps in a store.

    Args:
        store: The store.
        events: Who is told of what ends; None: nobody.
        clock: The time now, in seconds since the epoch.

    Raises:
        ConfigError: The store keeps no sessions.
    """

    def __init__(
        self, store: SessionStore, *, events: Events | None = None, clock: Clock = time.time
    ) -> None:
        if isinstance(store, type) or not isinstance(store, SessionStore):
            name = store.__name__ if isinstance(store, type) else type(store).__name__
            raise ConfigError(
                f"Sessions: {name} keeps no sessions: Sessions(app.store), or one of open_store(url)"
            )
        self._store = store
        self._events = events
        self._clock = clock

    async def list(self, identity: str) -> _Infos:
        """The live sessions of a user, the one last seen first; a thousand at most.

        Raises:
            TypeError: `identity` is no text.
            StoreUnavailable: The store does not answer.
        """
        found = await self._store.list_sessions(_text("identity", identity), limit=_LISTED)
        return [_info(record) for record in found if self._lives(record)]

    async def get(self, session_id: str) -> SessionInfo | None:
        """The live session of this id, or None.

        Raises:
            TypeError: `session_id` is no text.
            StoreUnavailable: The store does not answer.
        """
        record = await self._store.get_session(_text("session_id", session_id))
        return _info(record) if record is not None and self._lives(record) else None

    async def revoke(self, session_id: str) -> bool:
        """End a session: its cookie is dead at once, in every process.

        Returns:
            Whether there was one.

        Raises:
            TypeError: `session_id` is no text.
            StoreUnavailable: The store does not answer.
        """
        _text("session_id", session_id)
        wanted = self._events is not None and self._events.wants(SessionEnded)
        record = await self._store.get_session(session_id) if wanted else None
        if not await self._store.end_session(session_id):
            return False
        if self._events is not None and record is not None:
            self._events.emit(SessionEnded(identity=record.identity, session_id=session_id, reason="revoked"))
        return True

    async def revoke_all(self, identity: str, keep: str | None = None) -> int:
        """End all sessions of a user, as after a new password.

        Args:
            identity: Whose.
            keep: The id of one that goes on, e.g. `request.session.id`.

        Returns:
            How many ended.

        Raises:
            TypeError: `identity` or `keep` is no text.
            StoreUnavailable: The store does not answer.
        """
        # A number, as an application's users may have, would be nobody's identity, and end nothing.
        _text("identity", identity)
        if keep is not None:
            _text("keep", keep)
        count = await self._store.end_sessions(identity, keep)
        if count and self._events is not None and self._events.wants(SessionEnded):
            self._events.emit(SessionEnded(identity=identity, reason="revoked", count=count))
        return count

    async def purge(self, limit: int = _LISTED) -> int:
        """Delete expired sessions, at most `limit`; how many were.

        The middleware does so by itself, now and then; this is for a job of one's own.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        return await self._store.purge_sessions(self._now(), limit)

    def _lives(self, record: SessionRecord) -> bool:
        now = self._now()
        return now <= record.expires_at and (record.idle_until is None or now <= record.idle_until)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _text(what: str, text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{what} is text, not {type(text).__name__}: an identity is str(user.id)")
    return text


def _info(record: SessionRecord) -> SessionInfo:
    return SessionInfo(
        id=record.id,
        identity=record.identity,
        created_at=record.created_at,
        last_seen_at=record.last_seen_at,
        expires_at=record.expires_at,
        address=record.address,
        user_agent=record.user_agent,
    )
