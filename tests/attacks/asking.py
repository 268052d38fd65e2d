"""Requests byte for byte, as no well-behaved client would send them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Header = tuple[str | bytes, str | bytes]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value.decode("latin-1") for found, value in self.headers if found == name.encode()]

    def one(self, name: str) -> str | None:
        """The value of a header, or None."""
        return next(iter(self.all(name)), None)

    def json(self) -> Any:
        return json.loads(self.body)


def ask(app: Any, path: str = "/guarded", **how: Any) -> Answer:
    """Send one request to an ASGI app."""
    return asyncio.run(asking(app, path, **how))


async def asking(
    app: Any,
    path: str = "/guarded",
    *,
    method: str = "GET",
    headers: Iterable[Header] = (),
    body: bytes = b"",
    query: bytes = b"",
    scheme: str = "http",
    scope: dict[str, Any] | None = None,
) -> Answer:
    """Send one request to an ASGI app, within a running event loop."""
    given = [(_bytes(name).lower(), _bytes(value)) for name, value in headers]
    if not any(name == b"host" for name, _ in given):
        given.insert(0, (b"host", b"testserver"))
    sent: list[dict[str, Any]] = []
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return unread.pop() if unread else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asked = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query,
        "root_path": "",
        "headers": given,
        "client": ("192.0.2.7", 4711),
        "server": ("testserver", 80),
        **(scope or {}),
    }
    await app(asked, receive, send)
    start = sent[0]
    return Answer(
        start["status"], tuple(start.get("headers", ())), b"".join(m.get("body", b"") for m in sent[1:])
    )


def knock(app: Any, path: str, *, headers: Iterable[Header] = (), denials: bool = True) -> list[Any]:
    """Open a WebSocket, say one word and leave; every message that the app sent.

    Args:
        app: The ASGI app.
        path: The path.
        headers: The handshake's headers.
        denials: Whether the server can answer a handshake by an HTTP response.
    """
    given = [(b"host", b"testserver"), *((_bytes(name).lower(), _bytes(value)) for name, value in headers)]
    sent: list[Any] = []
    said = [
        {"type": "websocket.disconnect", "code": 1000},
        {"type": "websocket.receive", "text": "a word"},
        {"type": "websocket.connect"},
    ]

    async def receive() -> dict[str, Any]:
        return said.pop() if len(said) > 1 else said[0]

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": given,
        "subprotocols": [],
        "client": ("192.0.2.7", 4711),
        "server": ("testserver", 80),
        "extensions": {"websocket.http.response": {}} if denials else {},
    }
    asyncio.run(app(scope, receive, send))
    return sent


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
