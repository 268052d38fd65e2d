"""Backends that look into the body: it is there for the next one and for the handler."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import Request, Response
from nexios.auth import AuthResult, auth
from nexios.auth.backends.base import AuthenticationBackend
from tests.auth.apps import app_with


async def by_json(request: Request) -> Any:
    return (await request.json())["name"]


async def by_body(request: Request) -> Any:
    return (await request.body()).decode().partition('"name":"')[2].partition('"')[0]


async def by_stream(request: Request) -> Any:
    return b"".join([part async for part in request.stream()]).decode().partition('"name":"')[2][:3]


async def by_form(request: Request) -> Any:
    return (await request.form())["name"]


class Reading(AuthenticationBackend):
    """Reads the body in one of several ways."""

    def __init__(self, read: Any, scope: str = "body") -> None:
        self.read = read
        self.scope = scope

    async def authenticate(self, request: Request, response: Response) -> AuthResult:
        return AuthResult(True, await self.read(request), str(self.scope))


async def first_part(request: Request) -> Any:
    async for part in request.stream():
        return part.decode().partition('"name":"')[2][:3]


@pytest.mark.anyio
@pytest.mark.parametrize("handler_reads", [by_json, by_body, by_stream])
@pytest.mark.parametrize("backend_reads", [by_json, by_body, by_stream, first_part])
async def test_a_body_that_a_backend_has_read_is_there_for_the_handler(
    backend_reads: Any, handler_reads: Any
) -> None:
    app = app_with(Reading(backend_reads))

    @app.post("/")
    @auth()
    async def handler(request: Request, response: Response) -> Any:
        return f"{request.user.identity} {await handler_reads(request)}"

    parts = [b'{"name":"ada"', b',"more":"', b"x" * 1000, b'"}', b""]
    messages = iter([{"type": "http.request", "body": part, "more_body": bool(part)} for part in parts])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"ada ada")


def test_a_form_that_a_backend_has_read_is_there_for_the_handler() -> None:
    app = app_with(Reading(by_form))

    @app.post("/")
    @auth()
    async def handler(request: Request, response: Response) -> Any:
        return f"{request.user.identity} {(await request.form())['more']}"

    assert TestClient(app).post("/", data={"name": "ada", "more": "7"}).text == "ada 7"


def test_two_backends_may_read_the_same_body() -> None:
    app = app_with(Reading(by_json, "first"), Reading(by_stream, "second"), Reading(by_body, "third"))

    for scope in ("first", "second", "third"):

        @app.post(f"/{scope}")
        @auth(scope)
        async def handler(request: Request, response: Response) -> Any:
            return f"{request.auth} {(await request.json())['name']}"

    client = TestClient(app)
    for scope in ("first", "second", "third"):
        assert client.post(f"/{scope}", content=b'{"name":"ada"}').text == f"{scope} ada"
