"""Sessions in a store, at work: found before the application runs, kept before its answer begins."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nexios.exceptions import NexiosError
from nexios.http.answers import START_MESSAGES
from nexios.http.problems import problem_response
from nexios.origin import SAFE_METHODS
from nexios.session.keeping import SessionKeeper
from nexios.session.layer import VARY, SessionLayer, cookie_values, refuse_foreign
from nexios.session.secret import is_secret
from nexios.session.stored import ServerSession

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from nexios.origin import OriginCheck
    from nexios.session.keeping import Changes
    from nexios.session.settings import CookieSettings
    from nexios.stores.base import SessionStore
    from nexios.types import Clock

__all__ = ["ServerLayer"]

# One cookie of this host and one of its domain may meet; more are sent by nobody in good faith.
_MAX_SECRETS = 2

logger = logging.getLogger("nexios.session")


class ServerLayer(SessionLayer):
    """Finds sessions in a store by the secret in the client's cookie, and keeps them there.

    Args:
        app: The ASGI app inside.
        cookie: The cookie's name, life and flags.
        store: Where the sessions are.
        origins: Tells requests of other sites.
        clock: The time now.
    """

    def __init__(
        self, app: ASGIApp, cookie: CookieSettings, store: SessionStore, origins: OriginCheck, clock: Clock
    ) -> None:
        super().__init__(app, cookie, origins, clock)
        self._keeper = SessionKeeper(store, cookie, clock)

    @property
    def ends_everywhere(self) -> bool:
        """Whether a session that ends is dead in every process."""
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its session."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        session = scope["session"] = ServerSession(scope["headers"], scope.get("scheme", "http"))
        await self._find(session)
        app = self.app
        if scope["type"] != "http" or scope["method"] not in SAFE_METHODS:
            session.sealed = self._origins.is_foreign(scope)
            if session.sealed and session.record is not None:
                app = refuse_foreign
        answer = _Answer(self._keeper, session, scope, receive, send)
        try:
            await app(scope, receive, answer.send)
        finally:
            await answer.complete()
        await self._keeper.sweep.run()

    async def _find(self, session: ServerSession) -> None:
        """Find the one live session among the cookies; of two, none is believed."""
        secrets: dict[bytes, None] = {}
        for value in cookie_values(session.headers, self._start):
            session.presented = True
            if is_secret(value):
                secrets[value] = None
        if not secrets or len(secrets) > _MAX_SECRETS:
            return
        found = []
        try:
            for value in secrets:
                secret = value.decode("ascii")
                record = await self._keeper.find(secret)
                if record is not None:
                    found.append((record, secret))
        except Exception as error:
            # Whatever went wrong, nobody gets in by it; a route that does not ask goes on.
            _log("the session cannot be read: what needs it answers 503", error)
            session.failed = True
            return
        if len(found) == 1:
            session.adopt(*found[0])


class _Answer:
    """The way of an answer to the client: what became of the session is kept before it begins."""

    __slots__ = ("_begun", "_keeper", "_receive", "_refused", "_scope", "_send", "_session")

    def __init__(
        self, keeper: SessionKeeper, session: ServerSession, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._keeper = keeper
        self._session = session
        self._scope = scope
        self._receive = receive
        self._send = send
        self._begun = False
        self._refused = False

    def send(self, message: Message) -> Awaitable[None]:
        """Send `message`.

        Raises:
            SessionDataError: At once, so that whoever sends can still answer otherwise.
        """
        session = self._session
        if self._refused:
            return _nothing()
        if self._begun or message["type"] not in START_MESSAGES:
            return self._send_after_ending(message) if session.over else self._send(message)
        if session.failed or not session.accessed:
            self._begun = True
            return self._send(message)
        changes = {} if session.is_as_stored else session.changes()
        self._begun = True
        return self._begin(message, changes)

    async def complete(self) -> None:
        """Keep what happened to the session since the answer began; where none did, end what was ended."""
        session = self._session
        try:
            if session.failed or self._refused:
                return
            if self._begun:
                await self._keeper.keep_late(session)
            else:
                await self._keeper.end(session)
        except Exception as error:
            # Nobody can be told any more.
            _log("what became of the session is not kept", error)

    async def _begin(self, message: Message, changes: Changes) -> None:
        headers = [*message.get("headers", ()), VARY]
        try:
            cookie = await self._keeper.keep(self._session, changes, self._scope)
        except Exception as error:
            _log("what became of the session cannot be kept: the request answers 503", error)
            return await self._refuse()
        if cookie is not None:
            headers.append(cookie)
        await self._send({**message, "headers": headers})

    async def _send_after_ending(self, message: Message) -> None:
        await self._keeper.end(self._session)
        await self._send(message)

    async def _refuse(self) -> None:
        """Answer 503 in place of the application, which says one thing while the store says another."""
        self._refused = True
        detail = "The server cannot answer the request at the moment."
        if self._scope["type"] == "websocket" and "websocket.http.response" not in self._scope.get(
            "extensions", {}
        ):
            await self._send({"type": "websocket.close", "code": 1013, "reason": detail})
        else:
            await problem_response(503, detail)(self._scope, self._receive, self._send)


async def _nothing() -> None:
    """Send nothing: another answer was sent in place of this one."""


def _log(what: str, error: Exception) -> None:
    # What we raise says what is wrong; anything else is somebody's mistake, and the trace shows whose.
    known = isinstance(error, NexiosError)
    logger.error("%s (%s)", what, error if known else type(error).__name__, exc_info=None if known else error)
