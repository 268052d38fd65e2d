"""The middleware that gives `request.session`."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from nexios.exceptions import ConfigError
from nexios.http.answers import START_MESSAGES
from nexios.http.problems import problem_response
from nexios.origin import SAFE_METHODS, OriginCheck
from nexios.running import required_config
from nexios.session.cookie import SignedCookies
from nexios.session.session import Session, StoredSession
from nexios.session.settings import CookieSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from nexios.config import MakeConfig
    from nexios.types import Clock

__all__ = ["SessionLayer", "SessionMiddleware"]


_VARY = (b"vary", b"cookie")


class SessionMiddleware:
    """Gives `request.session`, kept in a signed cookie.

    An instance is a recipe: `app.add_middleware(SessionMiddleware())`.

    Args:
        cookie_name: The cookie's name; with the prefix `__Host-` browsers let no other host set it.
        max_age: How long a session lives from its beginning, or from the login.
        idle_timeout: How long one lives from its last use; None: as long as `max_age`.
        same_site: Which requests of other sites carry the cookie.
        secure: Send it over https only; `"auto"`: where the request came by https.
        path: The paths that it is sent to.
        domain: The domain that it is sent to; None: this host only.
        trusted_origins: Other sites whose pages may send requests with the session, e.g.
            `"https://app.example"`.
        config: The settings in a host that is not Nexios.
        clock: The time now, in seconds since the epoch.

    Raises:
        ConfigError: The settings do not fit together, or there is no secret to sign with.
    """

    def __init__(
        self,
        *,
        cookie_name: str = "session",
        max_age: timedelta = timedelta(days=14),
        idle_timeout: timedelta | None = None,
        same_site: Literal["lax", "strict", "none"] = "lax",
        secure: bool | Literal["auto"] = "auto",
        path: str = "/",
        domain: str | None = None,
        trusted_origins: Iterable[str] = (),
        config: MakeConfig | None = None,
        clock: Clock = time.time,
    ) -> None:
        self.cookie = CookieSettings(
            cookie_name=cookie_name,
            max_age=max_age,
            idle_timeout=idle_timeout,
            same_site=same_site,
            secure=secure,
            path=path,
            domain=domain,
        )
        self._origins = OriginCheck(trusted_origins)
        self._config = config
        self._clock = clock

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Wrap `app`."""
        secrets = required_config("SessionMiddleware", self._config).secret_keys
        if not secrets:
            raise ConfigError(
                "SessionMiddleware has no secret to sign with: MakeConfig(secret_key=...); "
                "make one with `nexios secret`"
            )
        signer = SignedCookies(
            secrets,
            cookie_name=self.cookie.cookie_name,
            max_age=self.cookie.max_age,
            idle_timeout=self.cookie.idle_timeout,
            clock=self._clock,
        )
        return SessionLayer(app, self.cookie, signer, self._origins, self._clock)

    def __repr__(self) -> str:
        return f"SessionMiddleware(cookie_name={self.cookie.cookie_name!r})"


class SessionLayer:
    """The middleware at work in one application: finds sessions in signed cookies, and keeps them there."""

    def __init__(
        self, app: ASGIApp, cookie: CookieSettings, signer: SignedCookies, origins: OriginCheck, clock: Clock
    ) -> None:
        self.app = app
        self.cookie = cookie
        self._signer = signer
        self._origins = origins
        self._clock = clock
        self._start = cookie.cookie_name.encode("ascii") + b"="

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Give the request its session."""
        if scope["type"] == "lifespan":
            return self.app(scope, receive, send)
        session = scope["session"] = Session(self, scope["headers"], scope.get("scheme", "http"))

        def send_with_session(message: Message) -> Awaitable[None]:
            if session.accessed and message["type"] in START_MESSAGES:
                message = self.finish(session, message)
            return send(message)

        unsafe = scope["type"] != "http" or scope["method"] not in SAFE_METHODS
        if unsafe and self._origins.is_foreign(scope):
            session.sealed = True
            if session.stored is not None:
                return _refuse(scope, receive, send_with_session)
        return self.app(scope, receive, send_with_session)

    def find(self, session: Session) -> StoredSession | None:
        """The one live session among the cookies; of several different ones, none is believed."""
        found: StoredSession | None = None
        for header, line in session.headers:
            if header != b"cookie" or self._start not in line:
                continue
            for part in line.split(b";") if b";" in line else (line,):
                part = part.strip()
                if not part.startswith(self._start):
                    continue
                session.presented = True
                value = part[len(self._start) :].decode("latin-1")
                stored = self._signer.read(value)
                if stored is None or value == session.cookie:
                    continue
                if found is not None:
                    return None
                session.cookie, found = value, stored
        return found

    def finish(self, session: Session, message: Message) -> Message:
        """Add what the client shall know of its session.

        Raises:
            SessionDataError: What was stored cannot be kept.
        """
        headers = [*message.get("headers", ()), _VARY]
        if not session.is_as_stored or self._signer.wants_refresh(session.cookie):
            cookie = self._changed(session)
            if cookie is not None:
                headers.append(cookie)
        return {**message, "headers": headers}

    def end(self, ended: str, created_at: int) -> None:
        """Let no cookie of this id, or family of ids, in again."""
        self._signer.end(ended, created_at)

    def _changed(self, session: Session) -> tuple[bytes, bytes] | None:
        """The header that brings the client's cookie up to date; None: it is so already."""
        data, stored = session.encoded(), session.stored
        if data is None:
            if stored is not None:
                session.end()
            return self.cookie.delete_cookie(session.scheme) if session.presented else None
        if stored is not None and data == stored.data and not self._signer.wants_refresh(session.cookie):
            return None
        session_id = session.id or session.restart()
        created_at = int(self._clock()) if session.created_at is None else session.created_at
        if self._signer.ended.holds(session_id, created_at):
            return None  # another request ended it while this one ran
        value, life = self._signer.write(session_id, created_at, data)
        return self.cookie.set_cookie(value, life, session.scheme)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "The request comes from another site, which is not trusted to use the session."
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": detail})
    else:
        await problem_response(403, detail)(scope, receive, send)
