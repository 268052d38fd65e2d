"""The way of one request's answer to the client, which all our layers share.

So a request has one wrapper around `send`, however many layers may want to add a header, and a layer that
adds none costs nothing there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from nexios.http.answers import START_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Send

    Hook: TypeAlias = Callable[[Message], Message]

__all__ = ["Outgoing", "outgoing_of"]


class Outgoing:
    """A `send` that knows whether the answer has begun, and lets others change how it begins.

    Args:
        send: The server's, or that of whichever middleware is outside of ours.

    Attributes:
        hooks: Called in order with the message that begins the answer; each returns the message to send.
        started: Whether the answer has begun.
    """

    __slots__ = ("_send", "hooks", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.hooks: tuple[Hook, ...] = ()
        self.started = False

    def send(self, message: Message) -> Awaitable[None]:
        """Send `message`; this is what is passed on as `send`."""
        if not self.started and message["type"] in START_MESSAGES:
            if self.hooks:
                # Let go of them first: they hold what holds this, and a cycle would cost the collector time.
                hooks, self.hooks = self.hooks, ()
                for hook in hooks:
                    message = hook(message)
            self.started = True
        return self._send(message)


def outgoing_of(send: Send) -> Outgoing:
    """The one whose `send` this is; around another middleware's wrapper, a new one."""
    owner = getattr(send, "__self__", None)
    return owner if type(owner) is Outgoing else Outgoing(send)
