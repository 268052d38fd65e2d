"""Sessions in signed cookies, at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from nexios.exceptions import SessionDataError
from nexios.http.answers import START_MESSAGES
from nexios.origin import SAFE_METHODS
from nexios.session.cookie import SignedCookies
from nexios.session.ended import EndedSessions
from nexios.session.ids import new_session_id, renewed_session_id, session_family
from nexios.session.layer import VARY, SessionLayer, refuse_foreign
from nexios.session.session import Session, check_value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from nexios.origin import OriginCheck
    from nexios.session.cookie import StoredSession
    from nexios.session.settings import CookieSettings
    from nexios.types import Clock

__all__ = ["SignedLayer", "SignedSession"]

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.encode


class SignedSession(Session):
    """A session that travels in its cookie.

    Args:
        layer: Finds it, and is told what ends.
        headers: The request's.
        scheme: The request's.
    """

    _stored: StoredSession | None = None

    def __init__(self, layer: SignedLayer, headers: Iterable[tuple[bytes, bytes]], scheme: str) -> None:
        # As Session does it, without the call.
        self.headers = headers
        self.scheme = scheme
        self._layer = layer

    @property
    def found(self) -> bool:
        """Whether the client came with a session that still holds."""
        return self.stored is not None

    @property
    def stored(self) -> StoredSession | None:
        """The session that the client came with and that still holds."""
        self._loaded()
        return self._stored

    @property
    def unchanged(self) -> StoredSession | None:
        """The session that the client came with, where nobody can have changed anything in it."""
        return None if self._lent else self._stored

    def renew(self) -> None:
        """Go on under a new id, with the same data; the old cookie is dead (ASVS 7.2.4)."""
        self._open()
        if self.id is None:
            self.restart()
            return
        self._drop(self.id)
        self.id = renewed_session_id(self.id)

    def restart(self) -> str:
        """Go on as another session with a full life, as after a login; the data is kept."""
        self._open()
        if self.id is not None:
            self._drop(session_family(self.id))
        self.id = new_session_id()
        self.created_at = None
        return self.id

    def end(self) -> None:
        """Forget everything; the session is over, under every id that it had. May be called again."""
        self._loaded().clear()
        if self.id is not None:
            self._drop(session_family(self.id))
        self.id = None
        self.created_at = None

    def encoded(self) -> bytes | None:
        """The data as JSON, or None where there is nothing to keep.

        Raises:
            SessionDataError: Something in it has no JSON form.
        """
        data = self._loaded()
        if not data:
            return None
        try:
            encoded = _encode(data)
        except (TypeError, ValueError, RecursionError):
            encoded = None
        if encoded is None or self._stored is None or encoded != self._stored.data:
            for key, value in data.items():
                check_value(value, key)
        if encoded is None:
            raise SessionDataError(
                "the session holds something that has no JSON form: store text, numbers, lists, dicts"
            )
        return encoded

    def _read(self) -> dict[str, Any]:
        stored = self._layer.find(self)
        if stored is None:
            return {}
        self._stored = stored
        self.id = stored.id
        self.created_at = stored.created_at
        return _decode(stored.data)

    def _drop(self, ended: str) -> None:
        self._stored = None
        if self.created_at is not None:
            self._layer.note_end(self, ended, self.created_at)


class SignedLayer(SessionLayer):
    """Finds sessions in signed cookies, and keeps them there.

    Args:
        app: The ASGI app inside.
        cookie: The cookie's name, life and flags.
        secrets: The first signs, all verify.
        origins: Tells requests of other sites.
        clock: The time now.
        is_over: Whether the session of an id, begun at a time, has ended; None: as this process knows it.
    """

    def __init__(
        self,
        app: ASGIApp,
        cookie: CookieSettings,
        secrets: Sequence[str],
        origins: OriginCheck,
        clock: Clock,
        is_over: Callable[[str, int], bool] | None = None,
    ) -> None:
        super().__init__(app, cookie, origins, clock)
        self._max_age = int(cookie.max_age.total_seconds())
        self._ended = EndedSessions(clock)
        self.is_over = self._ended.holds if is_over is None else is_over
        self._signer = SignedCookies(
            secrets,
            cookie_name=cookie.cookie_name,
            max_age=cookie.max_age,
            idle_timeout=cookie.idle_timeout,
            is_over=self.is_over,
            clock=clock,
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Give the request its session."""
        if scope["type"] == "lifespan":
            return self.app(scope, receive, send)
        session = scope["session"] = SignedSession(self, scope["headers"], scope.get("scheme", "http"))

        def send_with_session(message: Message) -> Awaitable[None]:
            if session.accessed and message["type"] in START_MESSAGES:
                message = self.finish(session, message)
            return send(message)

        unsafe = scope["type"] != "http" or scope["method"] not in SAFE_METHODS
        if unsafe and self._origins.is_foreign(scope):
            session.sealed = True
            if session.found:
                return refuse_foreign(scope, receive, send_with_session)
        return self.app(scope, receive, send_with_session)

    def find(self, session: SignedSession) -> StoredSession | None:
        """The one live session among the cookies; of several different ones, none is believed."""
        start, chosen = self._start, b""
        found: StoredSession | None = None
        for header, line in session.headers:
            if header != b"cookie" or start not in line:
                continue
            for part in line.split(b";"):
                part = part.strip()
                if not part.startswith(start):
                    continue
                session.presented = True
                value = part[len(start) :]
                stored = self._signer.read(value)
                if stored is None or value == chosen:
                    continue
                if found is not None:
                    return None
                chosen, found = value, stored
        return found

    def finish(self, session: SignedSession, message: Message) -> Message:
        """Add what the client shall know of its session.

        Raises:
            SessionDataError: What was stored cannot be kept.
        """
        headers = [*message.get("headers", ()), VARY]
        if not self.is_up_to_date(session):
            cookie = self.changed(session)
            if cookie is not None:
                headers.append(cookie)
        return {**message, "headers": headers}

    def is_up_to_date(self, session: SignedSession) -> bool:
        """Whether nobody can have changed anything, and the client's cookie is young enough."""
        stored = session.unchanged
        return stored is not None and not self._signer.wants_refresh(stored)

    def note_end(self, session: SignedSession, ended: str, created_at: int) -> None:
        """Let nobody in by this id, or family of ids, of a session begun at `created_at`."""
        self._ended.add(ended, created_at, self.gone_by(created_at))

    def gone_by(self, created_at: int) -> int:
        """When no cookie of a session begun at `created_at` is good any more."""
        return created_at + self._max_age + 1

    def changed(self, session: SignedSession) -> tuple[bytes, bytes] | None:
        """The header that brings the client's cookie up to date; None: it is so already."""
        data, stored = session.encoded(), session.stored
        if data is None:
            if stored is not None:
                session.end()
            return self.cookie.delete_cookie(session.scheme) if session.presented else None
        if stored is not None and data == stored.data and not self._signer.wants_refresh(stored):
            return None
        session_id = session.id or session.restart()
        created_at = int(self._clock()) if session.created_at is None else session.created_at
        if self.is_over(session_id, created_at):
            return None  # another request ended it while this one ran
        value, life = self._signer.write(session_id, created_at, data)
        return self.cookie.set_cookie(value, life, session.scheme)
