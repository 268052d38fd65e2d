"""Whether an answer has begun: until then, a failure can still be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.http.answers import START_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import Message, Send

__all__ = ["Outgoing"]


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
