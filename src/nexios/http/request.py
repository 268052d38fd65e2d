"""Starlette's request and WebSocket, with the user, the credential and the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request as StarletteRequest
from starlette.requests import empty_receive, empty_send
from starlette.websockets import WebSocket as StarletteWebSocket

from nexios.exceptions import ConfigError
from nexios.http.problems import BadRequest

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import Receive, Scope, Send

    _Base = HTTPConnection
else:
    _Base = object

__all__ = ["Request", "WebSocket"]


class _Identified(_Base):
    """What both kinds of connection know of who is asking."""

    @property
    def user(self) -> Any:
        """Who is asking: the `user_model`'s user, or an `UnauthenticatedUser`."""
        try:
            return self.scope["user"]
        except KeyError:
            raise ConfigError(
                "request.user needs AuthenticationMiddleware: "
                "app.add_middleware(AuthenticationMiddleware(user_model=..., backend=...)) first"
            ) from None

    @property
    def auth(self) -> Any:
        """The scope of the backend that authenticated the request, or None."""
        return self.scope.get("auth")

    @property
    def credential(self) -> Any:
        """The verified credential itself (claims, API key record, session), or None."""
        authentication = self.scope.get("nexios.authentication")
        return None if authentication is None else authentication.credential

    @property
    def session(self) -> Any:
        """The session: a mapping that is kept between the requests of one client."""
        try:
            return self.scope["session"]
        except KeyError:
            raise ConfigError(
                "request.session needs SessionMiddleware: app.add_middleware(SessionMiddleware()) first"
            ) from None


class Request(_Identified, StarletteRequest):
    """An HTTP request: Starlette's, with `user`, `auth`, `credential` and `session`."""

    # Starlette sets these on each instance; as class attributes they cost a request nothing.
    _stream_consumed = False
    _is_disconnected = False
    _form = None

    def __init__(self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send

    async def json(self) -> Any:
        """The body as JSON (RFC 8259).

        Raises:
            BadRequest: It is none; the client gets 400.
        """
        if not hasattr(self, "_json"):
            try:
                self._json = msgspec.json.decode(await self.body())
            except (msgspec.MsgspecError, ValueError, RecursionError):
                raise BadRequest("The body is not valid JSON.") from None
        return self._json

    def __repr__(self) -> str:
        return f"<Request {self.scope.get('method')} {self.scope.get('path')!r}>"


class WebSocket(_Identified, StarletteWebSocket):
    """A WebSocket: Starlette's, with `user`, `auth`, `credential` and `session`."""
