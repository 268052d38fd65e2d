"""A request's messages for several readers, each from the beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Receive

__all__ = ["Replayed"]


class Replayed:
    """What a server sends once, for whoever looks into the body before the handler does.

    Args:
        receive: The server's.
    """

    __slots__ = ("_read", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[Message] = []

    def reader(self) -> Receive:
        """A `receive` that begins with the first message; what it reads is kept for the next reader."""
        position = 0

        async def receive() -> Message:
            nonlocal position
            if position == len(self._read):
                self._read.append(await self._receive())
            position += 1
            return self._read[position - 1]

        return receive

    def last_reader(self) -> Receive:
        """A `receive` that begins with the first message and keeps nothing."""
        read = iter(self._read)

        async def receive() -> Message:
            for message in read:
                return message
            return await self._receive()

        return receive
