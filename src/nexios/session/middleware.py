"""The middleware that gives `request.session`."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from nexios.exceptions import ConfigError
from nexios.http.answers import START_MESSAGES
from nexios.http.problems import problem_response
from nexios.origin import OriginCheck
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
            secrets, max_age=self.cookie.max_age, idle_timeout=self.cookie.idle_timeout, clock=self._clock
        )
        return SessionLayer(app, self.cookie, signer, self._origins, self._clock)

    def __repr__(self) -> str:
        return f"SessionMiddleware(cookie_name={self.cookie.cookie_name!r})"


class SessionLayer:
    """The middleware at work in one application."""

    def __init__(
        self, app: ASGIApp, cookie: CookieSettings, signer: SignedCookies, origins: OriginCheck, clock: Clock
    ) -> None:
        self.app = app
        self.cookie = cookie
        self._signer = signer
        self._origins = origins
        self._clock = clock
        self._name = cookie.cookie_name.encode("ascii") + b"="

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its session, and keep it where the answer begins."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        visit = _Visit(self, scope, send)
        if self._origins.is_foreign(scope):
            session = visit.session = Session(visit.load, self._signer.end, sealed=True)
            if session.stored is not None:
                return await _refuse(scope, receive, send)
        else:
            session = visit.session = Session(visit.load, self._signer.end)
        scope["session"] = session
        return await self.app(scope, receive, visit.send)

    def cookies(self, scope: Scope) -> list[str]:
        """Every value that the client sent under the cookie's name."""
        name, values = self._name, []
        for header, line in scope["headers"]:
            if header == b"cookie":
                for part in line.split(b";"):
                    part = part.strip()
                    if part.startswith(name):
                        values.append(part[len(name) :].decode("latin-1"))
        return values

    def find(self, values: list[str]) -> tuple[str, StoredSession] | None:
        """The one live session among `values`; where there are several different ones, none is believed."""
        found = {value: stored for value in values if (stored := self._signer.read(value)) is not None}
        return next(iter(found.items())) if len(found) == 1 else None

    def changes(self, visit: _Visit) -> list[tuple[bytes, bytes]]:
        """The headers that an answer takes because of what became of the session.

        Raises:
            SessionDataError: What was stored cannot be kept.
        """
        session = visit.session
        if not session.accessed:
            return []
        headers = [(b"vary", b"cookie")]
        data, stored = session.encoded(), session.stored
        if data is None:
            if stored is not None:
                session.end()
            if visit.presented:
                headers.append(self.cookie.delete_cookie(visit.scope))
        elif stored is None or data != stored.data or self._signer.wants_refresh(visit.value):
            session_id = session.id or session.restart()
            created_at = int(self._clock()) if session.created_at is None else session.created_at
            if self._signer.ended.holds(session_id, created_at):
                return headers  # another request ended it while this one ran
            value, life = self._signer.write(session_id, created_at, data)
            headers.append(self.cookie.set_cookie(value, life, visit.scope))
        return headers


class _Visit:
    """One request's way through the layer."""

    __slots__ = ("_layer", "_send", "presented", "scope", "session", "value")

    session: Session

    def __init__(self, layer: SessionLayer, scope: Scope, send: Send) -> None:
        self._layer = layer
        self._send = send
        self.scope = scope
        self.presented = False
        self.value = ""

    def load(self) -> StoredSession | None:
        values = self._layer.cookies(self.scope)
        self.presented = bool(values)
        found = self._layer.find(values)
        if found is None:
            return None
        self.value, stored = found
        return stored

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] in START_MESSAGES:
            headers = self._layer.changes(self)
            if headers:
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
        return self._send(message)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "The request comes from another site, which is not trusted to use the session."
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": detail})
    else:
        await problem_response(403, detail)(scope, receive, send)
