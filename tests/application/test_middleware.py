"""Middleware: recipes and Starlette's classes, the first added outermost."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser
from nexios.exceptions import ConfigError
from nexios.http import WebSocket
from nexios.session import SessionMiddleware
from tests.parts import SECRET, ByHeader


class Named:
    """A recipe that notes its name on the way in."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, app: Any) -> Any:
        async def middleware(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("way", []).append(f"{self.name} {scope['type']}")
            await app(scope, receive, send)

        return middleware


class StarlettesKind:
    def __init__(self, app: Any, name: str = "class") -> None:
        self.app = Named(name)(app)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def way_app() -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))

    @app.get("/")
    async def handler(request: Request, response: Response) -> Any:
        return request.scope.get("way", [])

    @app.websocket_route("/")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json(websocket.scope["way"])
        await websocket.close()

    return app


def test_the_first_one_added_is_the_outermost() -> None:
    app = way_app()
    app.add_middleware(Named("a"))
    app.add_middleware(StarlettesKind, name="b")
    app.add_middleware(lambda inner: Named("c")(inner))
    client = TestClient(app)
    assert client.get("/").json() == ["a http", "b http", "c http"]
    with client.websocket_connect("/") as websocket:
        assert websocket.receive_json() == ["a websocket", "b websocket", "c websocket"]


def test_one_recipe_serves_two_applications() -> None:
    recipe, apps = Named("a"), [way_app(), way_app()]
    for app in apps:
        app.add_middleware(recipe)
    assert [TestClient(app).get("/").json() for app in apps] == [["a http"], ["a http"]]


def test_the_stack_is_built_once() -> None:
    built: list[bool] = []

    def counting(app: Any) -> Any:
        built.append(True)
        return app

    app = way_app()
    app.add_middleware(counting)
    with TestClient(app) as client:
        client.get("/")
        client.get("/")
    assert built == [True]


def test_starlettes_middleware_works_around_ours() -> None:
    class Noting(BaseHTTPMiddleware):
        async def dispatch(self, request: Any, call_next: Any) -> Any:
            answer = await call_next(request)
            answer.headers["x-noted"] = request.scope["auth"] or "nobody"
            return answer

    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(GZipMiddleware, minimum_size=10)
    app.add_middleware(CORSMiddleware, allow_origins=["https://other.example"])
    app.add_middleware(SessionMiddleware())
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=ByHeader()))
    app.add_middleware(Noting)

    @app.get("/")
    async def handler(request: Request, response: Response) -> str:
        request.session["seen"] = True
        return "long " * 100

    answer = TestClient(app).get("/", headers={"origin": "https://other.example", "x-user": "ada"})
    assert answer.text == "long " * 100
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["access-control-allow-origin"] == "https://other.example"
    assert answer.headers["x-noted"] == "header"
    assert answer.headers["set-cookie"].startswith("session=")


@pytest.mark.parametrize(
    ("add", "mend"),
    [
        (
            lambda app: app.add_middleware(SessionMiddleware),
            "a recipe is added as an instance: app.add_middleware(SessionMiddleware(...))",
        ),
        (
            lambda app: app.add_middleware(AuthenticationMiddleware, user_model=SimpleUser),
            "a recipe is added as an instance: app.add_middleware(AuthenticationMiddleware(...))",
        ),
        (
            lambda app: app.add_middleware(StarlettesKind, colour="red"),
            "unexpected keyword argument 'colour'",
        ),
        (lambda app: app.add_middleware("SessionMiddleware"), "add_middleware takes a recipe"),
        (lambda app: app.add_middleware(None), "add_middleware takes a recipe"),
        (lambda app: app.add_middleware(Named("a"), name="b"), "add_middleware takes a recipe"),
    ],
    ids=["class", "class and options", "unknown option", "text", "nothing", "recipe and options"],
)
def test_what_is_no_middleware_is_refused_at_once(add: Any, mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        add(way_app())
    assert mend in str(raised.value)


def test_middleware_is_added_before_the_first_request() -> None:
    app = way_app()
    TestClient(app).get("/")
    with pytest.raises(ConfigError, match="add middleware before its first request"):
        app.add_middleware(Named("late"))
