"""The way of an answer to the client where something must be told to a store before it begins."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from nexios.exceptions import NexiosError
from nexios.http.answers import START_MESSAGES
from nexios.http.problems import problem_response
from nexios.session.layer import VARY

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import Message, Receive, Scope, Send

__all__ = ["Keeper", "KeptAnswer", "log_failure"]

logger = logging.getLogger("nexios.session")


class Keeper(Protocol):
    """Tells a store what became of a session."""

    def prepare(self, session: Any) -> Any:
        """What has changed in it, found out without waiting.

        Raises:
            SessionDataError: It holds something that cannot be kept.
        """
        ...

    async def keep(self, session: Any, prepared: Any, scope: Scope) -> tuple[bytes, bytes] | None:
        """Tell the store before the answer begins.

        Args:
            session: The session.
            prepared: What `prepare` found.
            scope: The request's, which shows who begins a session.

        Returns:
            The header that brings the client's cookie up to date; None: it is so already.
        """
        ...

    async def keep_late(self, session: Any) -> None:
        """Tell the store what changed after the answer began, when no cookie could be set any more."""
        ...

    async def end(self, session: Any) -> None:
        """Tell the store which sessions the request has ended, the list `session.over`."""
        ...


class KeptAnswer:
    """Keeps what became of the session before the answer begins; where that fails, the answer is 503.

    Args:
        keeper: Tells the store.
        session: The request's session.
        scope: The request's.
        receive: The request's.
        send: Where the messages go; `KeptAnswer.send` is passed on in its place.
    """

    __slots__ = ("_begun", "_keeper", "_receive", "_refused", "_scope", "_send", "_session")

    def __init__(self, keeper: Keeper, session: Any, scope: Scope, receive: Receive, send: Send) -> None:
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
        prepared = self._keeper.prepare(session)
        self._begun = True
        return self._begin(message, prepared)

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
            log_failure("what became of the session is not kept", error)

    async def _begin(self, message: Message, prepared: Any) -> None:
        headers = [*message.get("headers", ()), VARY]
        try:
            cookie = await self._keeper.keep(self._session, prepared, self._scope)
        except Exception as error:
            log_failure("what became of the session cannot be kept: the request answers 503", error)
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


def log_failure(what: str, error: Exception) -> None:
    """Say that something could not be done, and why."""
    # What we raise says what is wrong; anything else is somebody's mistake, and the trace shows whose.
    known = isinstance(error, NexiosError)
    logger.error("%s (%s)", what, error if known else type(error).__name__, exc_info=None if known else error)
