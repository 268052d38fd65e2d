"""What a handler returned, as an answer that can be sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from msgspec import Struct
from starlette.responses import Response as StarletteResponse
from starlette.types import Message, Receive, Scope, Send

from nexios.http.response import Response

__all__ = ["ANSWER_BEGUN", "START_MESSAGES", "Answer", "FixedAnswer", "answer_of", "with_headers"]

ANSWER_BEGUN = "nexios.answer_begun"
"""Stands in the scope of a request once its answer has begun, for whoever catches a failure further out."""

START_MESSAGES = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
"""The messages that bring an answer's headers."""

_RESPONSE = ("http.response.start", "http.response.body")
# The extension "websocket.http.response" of ASGI: an answer in place of the handshake.
_DENIAL = ("websocket.http.response.start", "websocket.http.response.body")

Headers: TypeAlias = list[tuple[bytes, bytes]]
Answer: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def answer_of(value: object, response: Response) -> Answer:
    """The answer that `value` stands for, with what was set on `response`.

    Args:
        value: A dict, list, text, bytes, None, a Struct, a dataclass, a response of ours or of Starlette's.
        response: The one that the handler was given.

    Raises:
        TypeError: `value` is something else.
    """
    if value is response:
        return response
    if isinstance(value, (dict, list, str, bytes)):
        return response.fill(value)
    if value is None:
        return response if response.touched else response.status(204)
    if isinstance(value, (Response, StarletteResponse)):
        return _merged(value, response.checked_headers()) if response.touched else value
    if isinstance(value, Struct) or hasattr(type(value), "__dataclass_fields__"):
        return response.json(value)
    raise TypeError(
        f"a handler returned {type(value).__name__}: return a dict, list, str, bytes, None, a Struct, "
        f"a dataclass or a response"
    )


class FixedAnswer:
    """An answer that is the same each time, written once.

    Args:
        response: What it is; nothing set on it later is seen.
    """

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, response: Response) -> None:
        start = response.start()
        self._status: int = start["status"]
        self._headers: list[tuple[bytes, bytes]] = start["headers"]
        self._body = response.body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        start, body = _DENIAL if scope["type"] == "websocket" else _RESPONSE
        await send({"type": start, "status": self._status, "headers": self._headers.copy()})
        scope[ANSWER_BEGUN] = True
        await send({"type": body, "body": self._body})


def _merged(answer: Answer, headers: Headers) -> Answer:
    """`answer` with `headers` added; its own win, but cookies add up."""

    async def merged(scope: Scope, receive: Receive, send: Send) -> None:
        def send_with_headers(message: Message) -> Awaitable[None]:
            return send(with_headers(message, headers))

        await answer(scope, receive, send_with_headers)

    return merged


def with_headers(message: Message, headers: Headers) -> Message:
    """`message` with `headers` added where it begins an answer; its own win, but cookies add up."""
    if message["type"] not in START_MESSAGES:
        return message
    own = list(message.get("headers", ()))
    names = {name for name, _ in own}
    added = [pair for pair in headers if pair[0] == b"set-cookie" or pair[0] not in names]
    return {**message, "headers": own + added}
