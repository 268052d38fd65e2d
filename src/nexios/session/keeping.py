"""How sessions are kept in a store: what a request began, changed and ended, as the store is told of it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from nexios.exceptions import StoreUnavailable
from nexios.http.client import client_address
from nexios.session.secret import hash_secret
from nexios.stores.records import SessionRecord
from nexios.stores.sweep import Sweep

if TYPE_CHECKING:
    from starlette.types import Scope

    from nexios.session.settings import CookieSettings
    from nexios.session.stored import ServerSession
    from nexios.stores.base import SessionStore
    from nexios.types import Clock

__all__ = ["Changes", "SessionKeeper"]

Changes = dict[str, bytes | None]

_SEEN_EVERY = 60
_MAX_ADDRESS = 64
_MAX_USER_AGENT = 256

logger = logging.getLogger("nexios.session")


class SessionKeeper:
    """Finds, begins, changes and ends the sessions of one application in a store.

    Args:
        store: Where they are.
        cookie: The life of sessions, and what their cookie looks like.
        clock: The time now.
    """

    def __init__(self, store: SessionStore, cookie: CookieSettings, clock: Clock) -> None:
        self._store = store
        self._cookie = cookie
        self._clock = clock
        self._idle = idle = cookie.idle_timeout
        # A short idle timeout wants the last use to be known more exactly.
        self._seen_every = _SEEN_EVERY if idle is None else min(_SEEN_EVERY, int(idle.total_seconds()) // 4)
        self.sweep = Sweep(store.purge_sessions, clock)

    async def find(self, secret: str) -> SessionRecord | None:
        """The live session that `secret` opens, or None: one query.

        Raises:
            StoreUnavailable: It cannot be said.
            TypeError: The store answered something else than it was asked for.
        """
        secret_hash = hash_secret(secret)
        record: Any = await self._store.find_session(secret_hash)
        if record is None:
            return None
        if not isinstance(record, SessionRecord) or record.secret_hash != secret_hash:
            raise TypeError("the store answered another session than the one that was asked for")
        return record if self._lives(record) else None

    def prepare(self, session: ServerSession) -> Changes:
        """See `Keeper`."""
        return {} if session.is_as_stored else session.changes()

    async def keep(
        self, session: ServerSession, changes: Changes, scope: Scope
    ) -> tuple[bytes, bytes] | None:
        """See `Keeper`."""
        await self.end(session)
        if not session:
            await self._end_emptied(session)
            return self._cookie.delete_cookie(session.scheme) if session.presented else None
        if session.record is None:
            return await self._add(session, changes, scope)
        renewed = session.secret
        if renewed is not None and await self._change(session, changes):
            session.cookie = renewed
            return self._set_cookie(session, session.record)
        # Where another request has renewed it meanwhile, that one's cookie is the good one.
        session.secret = None
        if changes and not await self._change(session, changes):
            session.lose()
        else:
            await self._note_use(session)
        # The client's cookie is left alone: it may be that of the login by which this session ended.
        return None

    async def keep_late(self, session: ServerSession) -> None:
        """See `Keeper`."""
        await self.end(session)
        if session.record is None or session.is_as_stored:
            return
        if not session:
            await self._end_emptied(session)
        elif session.secret is not None:
            # The client cannot be given the new secret, and the old one shall be dead.
            await self._store.end_session(session.record.id)
        else:
            changes = session.changes()
            if changes and not await self._change(session, changes):
                session.lose()

    async def end(self, session: ServerSession) -> None:
        """See `Keeper`."""
        while session.over:
            await self._store.end_session(session.over[0])
            del session.over[0]

    async def _end_emptied(self, session: ServerSession) -> None:
        if session.record is not None:
            await self._store.end_session(session.record.id)
            session.lose()

    async def _add(self, session: ServerSession, changes: Changes, scope: Scope) -> tuple[bytes, bytes]:
        if session.secret is None:
            session.restart()
        now, session.cookie = self._now(), str(session.secret)
        record = SessionRecord(
            id=str(session.id),
            secret_hash=hash_secret(session.cookie),
            identity=session.identity,
            data={key: value for key, value in changes.items() if value is not None},
            created_at=now,
            last_seen_at=now,
            expires_at=now + self._cookie.max_age,
            idle_until=None if self._idle is None else now + self._idle,
            address=_address(scope),
            user_agent=_user_agent(scope),
        )
        await self._store.add_session(record)
        session.kept(record)
        session.added = True
        return self._set_cookie(session, record)

    async def _change(self, session: ServerSession, changes: Changes) -> bool:
        """Put what changed into the store, and the new secret in place of the old one.

        Returns:
            False: nothing is kept, for the session is over, or another request has put another secret there.
        """
        record: Any = session.record
        renews = session.secret is not None
        changed = await self._store.change_session(
            record.id,
            changes,
            secret_hash=hash_secret(str(session.secret)) if renews else None,
            in_place_of=record.secret_hash if renews else None,
            identity=None if session.identity == record.identity else session.identity,
        )
        if changed is not True:
            return False
        record = (
            msgspec.structs.replace(record, secret_hash=hash_secret(str(session.secret)))
            if renews
            else record
        )
        session.kept(record, changes)
        return True

    async def _note_use(self, session: ServerSession) -> None:
        """Note that the session was used, unless that was noted just now."""
        record: Any = session.record
        now = self._now()
        if (now - record.last_seen_at).total_seconds() < self._seen_every:
            return
        idle_until = None if self._idle is None else now + self._idle
        try:
            if not await self._store.touch_session(record.id, now, idle_until):
                session.lose()
        except StoreUnavailable as error:
            # The session was read and what changed in it is kept: the answer need not be lost for this.
            logger.warning("%s: when the session was used is not noted", error)

    def _lives(self, record: SessionRecord) -> bool:
        """Whether it holds still: by what it was begun with, and by the settings of now."""
        now = self._now()
        return (
            now <= self._ends_at(record)
            and (record.idle_until is None or now <= record.idle_until)
            and (self._idle is None or now <= record.last_seen_at + self._idle)
        )

    def _ends_at(self, record: SessionRecord) -> datetime:
        return min(record.expires_at, record.created_at + self._cookie.max_age)

    def _set_cookie(self, session: ServerSession, record: SessionRecord) -> tuple[bytes, bytes]:
        # Not the idle timeout, which the store counts: to be set again at each use, the cookie would be so by
        # requests too during which another one has renewed the session.
        life = self._ends_at(record) - self._now()
        return self._cookie.set_cookie(session.cookie, round(life.total_seconds()), session.scheme)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _address(scope: Scope) -> str | None:
    address = client_address(scope)
    return None if address is None else _printable(address, _MAX_ADDRESS)


def _user_agent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"user-agent":
            return _printable(value.decode("latin-1"), _MAX_USER_AGENT)
    return None


def _printable(text: str, length: int) -> str | None:
    """The beginning of `text`, which the client chose, without what a terminal would obey (CWE-150)."""
    return "".join(letter for letter in text[:length] if letter.isprintable()) or None
