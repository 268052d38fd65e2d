"""A connection that asks one question after another, and knows what it costs to wait."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

PATIENCE = 20.0
"""After so many seconds nobody waits any longer for an answer."""


class Answer(msgspec.Struct, frozen=True):
    """What came back, and when.

    Attributes:
        sent: When the request was sent, by the monotonic clock.
        done: When the answer was there, or it was clear that none comes.
        status: The status; 0: there was no answer.
        headers: By their names in lower case; of several of one name the last.
        body: The body.
    """

    sent: float
    done: float
    status: int
    headers: dict[str, str] = {}
    body: bytes = b""

    def json(self) -> Any:
        """What the body says; an empty mapping where it says nothing."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


class Wire:
    """One client's connection, which is made anew when it was lost.

    Args:
        port: Where the workers listen.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, form: str | None = None
    ) -> Answer:
        """Send a request and wait for the answer; a connection that the server has closed is no answer."""
        body = b"" if form is None else form.encode()
        lines = [f"{method} {path} HTTP/1.1", "host: siege.example"]
        if form is not None:
            lines.append("content-type: application/x-www-form-urlencoded")
        if method != "GET":
            lines.append(f"content-length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        raw = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        sent = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                if self._open is None:
                    self._open = await asyncio.open_connection("127.0.0.1", self._port)
                reader, writer = self._open
                sent = time.monotonic()
                writer.write(raw)
                return await _read(reader, sent)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            await self.close()
            return Answer(sent, time.monotonic(), 0)

    async def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            _, writer = self._open
            self._open = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader, sent: float) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {}
    for line in head[1:-2]:
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(sent, time.monotonic(), int(head[0].split(" ", 2)[1]), headers, body)
