"""A request leaves nothing behind for the garbage collector, whose work every later request would pay for."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, AuthResult, BaseUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.session import SessionMiddleware

SECRET = "7Hn2kq9Zt4Wv8Yb3Xc6Md1Rf5Gj0Ls-pQeUaIoTy"
Headers = Iterable[tuple[bytes, bytes]]


class Server:
    """A server's side of one request: as uvicorn's, it holds the scope that it gave to the application."""

    def __init__(self, path: str, headers: Headers) -> None:
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"testserver"), *headers],
        }
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def answer(self, app: Any) -> int:
        await app(self.scope, self.receive, self.send)
        return self.sent[0]["status"]


class User(BaseUser):
    def __init__(self, identity: str) -> None:
        self.identity = identity

    @classmethod
    async def load_user(cls, identity: str) -> User:
        return cls(identity)


class ByName(AuthenticationBackend):
    """One of the application's own, which may read the body and set headers."""

    async def authenticate(self, request, response):
        name = request.headers.get("x-name")
        await request.body()
        response.set_header("x-seen", "yes")
        return AuthResult(True, name, "name") if name else None


def application(backends: list[AuthenticationBackend]) -> NexiosApp:
    app = NexiosApp(MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(AuthenticationMiddleware(user_model=User, backends=backends))

    @app.get("/plain")
    async def plain(request, response):
        return {"message": "hello"}

    @app.get("/private")
    @auth()
    async def private(request, response):
        return {"who": request.user.identity}

    @app.get("/login")
    async def begin(request, response):
        login(request, User("7"))
        return {"ok": True}

    return app


def left_over(app: NexiosApp, path: str, headers: Headers, status: int) -> int:
    """How many objects fifty requests leave in cycles."""

    async def requests() -> int:
        for _ in range(10):
            assert await Server(path, headers).answer(app) == status
        gc.collect()
        for _ in range(50):
            await Server(path, headers).answer(app)
        return gc.collect()

    gc.disable()
    try:
        return asyncio.run(requests())
    finally:
        gc.enable()


def cookie(app: NexiosApp) -> bytes:
    server = Server("/login", [])
    asyncio.run(server.answer(app))
    return dict(server.sent[0]["headers"])[b"set-cookie"].partition(b";")[0]


CREDENTIALS: dict[str, Callable[[NexiosApp], list[tuple[bytes, bytes]]]] = {
    "token": lambda app: [(b"authorization", f"Bearer {create_jwt({'id': '7'}, secret=SECRET)}".encode())],
    "session": lambda app: [(b"cookie", cookie(app))],
    "key": lambda app: [(b"x-api-key", create_api_key()[0].encode())],
    "own backend": lambda app: [(b"x-name", b"ada")],
}


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("path", ["/plain", "/private", "/login"])
def test_a_request_with_a_credential_leaves_no_cycles(credential: str, path: str) -> None:
    own = [ByName()] if credential == "own backend" else []
    app = application([JWTAuthBackend(), SessionAuthBackend(), APIKeyAuthBackend(), *own])
    assert left_over(app, path, CREDENTIALS[credential](app), 200) == 0


@pytest.mark.parametrize(
    ("path", "status"), [("/plain", 200), ("/login", 200), ("/private", 401), ("/no", 404)]
)
def test_a_stranger_leaves_no_cycles(path: str, status: int) -> None:
    app = application([JWTAuthBackend(), SessionAuthBackend(), APIKeyAuthBackend()])
    assert left_over(app, path, [], status) == 0
