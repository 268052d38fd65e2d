"""A TCP proxy before a server, which can be as bad as a network is."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

__all__ = ["FAULTS", "Proxy"]


_NO_ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


class Proxy:
    """Passes on to `host:port` until it is told to fail; `heal` lets it pass on again.

    A fault holds for the connections that are open and for those that come.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server_at = (host, port)
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._garbles = False
        self._delay = 0.0
        self.port = 0

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Close every connection and refuse new ones, as a server that is stopped."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for writer in list(self._open):
            writer.close()
        await asyncio.sleep(0)

    async def reset(self) -> None:
        """Break off every connection without a word, and refuse new ones."""
        for writer in list(self._open):
            # https://man7.org/linux/man-pages/man7/socket.7.html: zero seconds of lingering send a RST
            raw = writer.get_extra_info("socket")
            with suppress(OSError):  # it may have been closed in this moment
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        await self.stop()

    async def hole(self) -> None:
        """Take everything and answer nothing."""
        self._flows.clear()

    async def lose(self) -> None:
        """Answer nothing, and never again on the connections that are open: the way to them is forgotten."""
        self._flows.clear()
        self._flows = asyncio.Event()

    async def garble(self) -> None:
        """Answer as another kind of server."""
        self._garbles = True

    async def slow(self, seconds: float = 0.1) -> None:
        """Answer everything, each piece later by so many seconds."""
        self._delay = seconds

    async def heal(self) -> None:
        """Pass on again."""
        self._garbles = False
        self._delay = 0.0
        self._flows.set()
        if self._listener is None:
            await self._listen()

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._open.add(writer)
        upstream: asyncio.StreamWriter | None = None
        try:
            # When the proxy ends it cancels this, of which asyncio's server would complain.
            with suppress(OSError, asyncio.CancelledError):
                answers, upstream = await asyncio.open_connection(*self._server_at)
                self._open.add(upstream)
                pumps = [
                    asyncio.ensure_future(self._pump(reader, upstream, answers=False)),
                    asyncio.ensure_future(self._pump(answers, writer, answers=True)),
                ]
                try:
                    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for pump in pumps:
                        pump.cancel()
                    await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            for each in filter(None, (writer, upstream)):
                self._open.discard(each)
                each.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        flows = self._flows
        while piece := await reader.read(65536):
            await flows.wait()
            if self._delay:
                await asyncio.sleep(self._delay)
            writer.write(_NO_ANSWER if answers and self._garbles else piece)
            await writer.drain()


FAULTS: dict[str, Callable[[Proxy], Awaitable[None]]] = {
    "stopped": Proxy.stop,
    "reset": Proxy.reset,
    "answers nothing": Proxy.hole,
    "loses connections": Proxy.lose,
    "answers garbage": Proxy.garble,
}
"""What can go wrong, by name."""
