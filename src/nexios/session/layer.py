"""What every kind of session has in common at work: whose cookies it reads, and whom it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.http.problems import problem_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from nexios.origin import OriginCheck
    from nexios.session.settings import CookieSettings
    from nexios.types import Clock

__all__ = ["VARY", "SessionLayer", "cookie_values", "refuse_foreign"]

VARY = (b"vary", b"cookie")
"""The header of an answer that depends on the session (RFC 9110 12.5.5)."""


class SessionLayer:
    """The middleware at work in one application.

    Args:
        app: The ASGI app inside.
        cookie: The cookie's name, life and flags.
        origins: Tells requests of other sites.
        clock: The time now.
    """

    def __init__(self, app: ASGIApp, cookie: CookieSettings, origins: OriginCheck, clock: Clock) -> None:
        self.app = app
        self.cookie = cookie
        self._origins = origins
        self._clock = clock
        self._start = cookie.cookie_name.encode("ascii") + b"="

    @property
    def ends_everywhere(self) -> bool:
        """Whether a session that ends is dead in every process."""
        return False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on as it is; a kind of session gives it its session first."""
        return self.app(scope, receive, send)


def cookie_values(headers: Iterable[tuple[bytes, bytes]], start: bytes) -> Iterator[bytes]:
    """The values of every cookie that begins with `start`, its name and the equals sign."""
    for header, line in headers:
        if header == b"cookie" and start in line:
            for part in line.split(b";"):
                part = part.strip()
                if part.startswith(start):
                    yield part[len(start) :]


async def refuse_foreign(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request of another site that brought a session (CWE-352)."""
    detail = "The request comes from another site, which is not trusted to use the session."
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": detail})
    else:
        await problem_response(403, detail)(scope, receive, send)
