"""A redirect to the path with or without its last slash, whatever the client sent."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from nexios import Request, Response
from tests.parts import ByHeader, app_for


def asked(path: str, query: bytes, host: bytes) -> tuple[int, dict[bytes, bytes]]:
    app = app_for(ByHeader())

    @app.get("/here")
    async def here(request: Request, response: Response) -> None: ...

    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": [(b"host", host)],
        "scheme": "http",
        "server": ("app.example", 80),
    }
    anyio.run(app, scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (b"", b""),
        (b"a=1&b=%20%2F", b"?a=1&b=%20%2F"),
        (b"\x80", b"?%80"),
        (b"a=\xff\r\nx: y", b"?a=%FF%0D%0Ax:%20y"),
    ],
    ids=["none", "encoded", "no text", "a line end"],
)
def test_any_query_is_kept_as_an_address_can_hold_it(query: bytes, kept: bytes) -> None:
    status, headers = asked("/here/", query, b"app.example")
    assert status == 307
    assert headers[b"location"] == b"http://app.example/here" + kept


@pytest.mark.parametrize("host", [b"", b"\x80", b"[", b"a:b:c", b"a@b"], ids=repr)
def test_no_host_header_makes_it_fail(host: bytes) -> None:
    assert asked("/here/", b"", host)[0] == 307
