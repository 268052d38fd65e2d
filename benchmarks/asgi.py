"""Requests as uvicorn hands them to an application, without the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.candidates import ASGIApp

Headers = tuple[tuple[bytes, bytes], ...]

CLIENT_HEADERS: Headers = (
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"accept", b"application/json, */*;q=0.5"),
    (b"accept-encoding", b"gzip, deflate, br"),
)
"""What every client sends besides its credential."""


class Wire:
    """A request as bytes. Each `scope()` slices them anew, as a server's parser does.

    New objects matter: Python keeps the hash of a string or bytes object inside it, so that a request
    built from the objects of the one before would flatter every application that looks things up.
    """

    __slots__ = ("_buffer", "_headers", "_method", "_path", "_query")

    def __init__(self, method: str, path: str, headers: Headers = (), query: str = "") -> None:
        buffer = bytearray()

        def put(part: bytes) -> slice:
            start = len(buffer)
            buffer.extend(part)
            return slice(start, len(buffer))

        self._method = put(method.encode())
        self._path = put(path.encode())
        self._query = put(query.encode())
        self._headers = [(put(name), put(value)) for name, value in (*CLIENT_HEADERS, *headers)]
        self._buffer = bytes(buffer)

    def scope(self) -> MutableMapping[str, Any]:
        """A new ASGI scope with the keys that uvicorn sets."""
        buffer = self._buffer
        raw_path = buffer[self._path]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 54321),
            "scheme": "http",
            "root_path": "",
            "headers": [(buffer[name], buffer[value]) for name, value in self._headers],
            "state": {},
            "method": buffer[self._method].decode("ascii"),
            "path": raw_path.decode("ascii"),
            "raw_path": raw_path,
            "query_string": buffer[self._query],
        }


async def receive() -> MutableMapping[str, Any]:
    """An empty body."""
    return {"type": "http.request", "body": b"", "more_body": False}


@dataclass(slots=True)
class Answer:
    """What an application sent; its method is the `send` that it gets."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Keep one message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(bytes(name).lower(), bytes(value)) for name, value in message["headers"]]
        else:
            self.body += message.get("body", b"")

    def header(self, name: bytes) -> bytes | None:
        """The first header of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


async def ask(app: ASGIApp, wire: Wire) -> Answer:
    """Send one request and return the answer."""
    answer = Answer()
    await app(wire.scope(), receive, answer.send)
    return answer


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[ASGIApp]:
    """`app` between its lifespan's startup and shutdown."""
    to_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.ensure_future(app(scope, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    started = await from_app.get()
    if started["type"] != "lifespan.startup.complete":
        raise RuntimeError(f"the application did not start: {started.get('message', '')}")
    try:
        yield app
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await task
