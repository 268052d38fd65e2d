"""Whether an answer has begun: until then, a failure can still be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.http.answers import START_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Awaitable, MutableMapping

    from starlette.types import Message, Send

__all__ = ["Outgoing", "answer_begun", "note_begun"]

_KEY = "nexios.answer_begun"


class Outgoing:
    """The way of an answer to the client, watched.

    Args:
        send: Where its messages go; `Outgoing.send` is passed on in its place.
    """

    __slots__ = ("_send", "begun")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    def send(self, message: Message) -> Awaitable[None]:
        """Send `message`."""
        sent = self._send(message)
        if message["type"] in START_MESSAGES:
            self.begun = True
        return sent


def note_begun(scope: MutableMapping[str, Any]) -> None:
    """Say to whoever catches the failure on its way out that the answer to this request has begun."""
    scope[_KEY] = True


def answer_begun(scope: MutableMapping[str, Any]) -> bool:
    """Whether the answer to this request had begun when it failed."""
    return _KEY in scope
