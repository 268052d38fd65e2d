"""`require_auth`: every route is guarded unless it is marked public."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import auth, has_permission, public
from nexios.exceptions import ConfigError
from nexios.routing import Router
from tests.parts import app_for, assert_problem

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


class Plain:
    async def get(self, request: Request, response: Response) -> None:
        ran.append("class")


class Endpoint(HTTPEndpoint):
    async def get(self, request: Any) -> PlainTextResponse:
        ran.append("endpoint")
        return PlainTextResponse("")


def app_of_everything() -> NexiosApp:
    app, group = app_for(require_auth=True), Router("/group")

    @app.get("/async")
    async def asynchronous(request: Request, response: Response) -> None:
        ran.append("async")

    @app.post("/sync/{name}")
    def synchronous(request: Request, response: Response) -> None:
        ran.append("sync")

    @group.get("/in")
    async def in_group(request: Request, response: Response) -> None:
        ran.append("group")

    @app.get("/permission")
    @has_permission("write")
    async def permission(request: Request, response: Response) -> None:
        ran.append("permission")

    app.route("/class")(Plain)
    app.route("/endpoint")(Endpoint)
    app.include(group)
    return app


GUARDED = [
    *(("GET", "/async"), ("HEAD", "/async"), ("POST", "/sync/a"), ("GET", "/group/in")),
    *(("GET", "/class"), ("GET", "/endpoint"), ("HEAD", "/endpoint"), ("GET", "/permission")),
]


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_a_route_without_a_mark_is_guarded(method: str, path: str) -> None:
    client = TestClient(app_of_everything())
    assert client.request(method, path).status_code == 401
    assert ran == []
    assert client.request(method, path, headers={"x-user": "ada"}).status_code in (200, 204)
    assert len(ran) == 1


def test_a_permission_still_counts() -> None:
    client = TestClient(app_of_everything())
    assert_problem(client.get("/permission", headers={"x-user": "bob"}), 403)
    assert ran == []


def test_a_route_added_while_the_application_runs_is_guarded() -> None:
    app = app_of_everything()
    client = TestClient(app)
    client.get("/async")

    @app.get("/late")
    async def late(request: Request, response: Response) -> None:
        ran.append("late")

    assert client.get("/late").status_code == 401
    assert ran == []


def fresh() -> Any:
    async def handler(request: Request, response: Response) -> str:
        return "open"

    return handler


def fresh_sync() -> Any:
    def handler(request: Request, response: Response) -> str:
        return "open"

    return handler


class Called:
    async def __call__(self, request: Request, response: Response) -> str:
        return "open"

    def method(self, request: Request, response: Response) -> str:
        return "open"


def fresh_class() -> Any:
    class Open:
        async def get(self, request: Request, response: Response) -> str:
            return "open"

    return Open


def fresh_endpoint() -> Any:
    class Open(HTTPEndpoint):
        async def get(self, request: Any) -> PlainTextResponse:
            return PlainTextResponse("open")

    return Open


@pytest.mark.parametrize(
    "make",
    [fresh, fresh_sync, Called, lambda: Called().method, fresh_class, fresh_endpoint],
    ids=["async", "sync", "callable object", "method", "class", "Starlette's class"],
)
def test_what_is_marked_public_is_open(make: Any) -> None:
    app = app_for(require_auth=True)
    app.route("/")(public(make()))
    client = TestClient(app)
    assert client.get("/").text == "open"
    assert client.head("/").status_code == 200
    assert client.get("/", headers={"x-user": "-"}).text == "open"


def test_public_twice_is_public() -> None:
    app = app_for(require_auth=True)
    app.get("/")(public(public(fresh())))
    assert TestClient(app).get("/").text == "open"


def test_a_public_route_still_knows_who_is_asking() -> None:
    app = app_for(require_auth=True)

    @app.get("/")
    @public
    async def handler(request: Request, response: Response) -> str:
        return str(request.user.identity)

    client = TestClient(app)
    assert client.get("/", headers={"x-user": "ada"}).text == "ada"
    assert client.get("/").text == ""


def test_what_no_route_has_is_told_to_strangers_too() -> None:
    client = TestClient(app_of_everything())
    assert_problem(client.get("/nowhere"), 404)
    assert_problem(client.delete("/async"), 405)
    assert client.options("/async").status_code == 204
    assert ran == []


def test_require_auth_without_the_middleware_fails_the_start() -> None:
    app = NexiosApp(config=MakeConfig(require_auth=True))
    app.get("/thing")(fresh())
    with pytest.raises(ConfigError, match="/thing is guarded and there is no AuthenticationMiddleware"):
        app.build()


def test_public_routes_alone_need_no_middleware() -> None:
    app = NexiosApp(config=MakeConfig(require_auth=True))
    app.get("/thing")(public(fresh()))
    assert TestClient(app).get("/thing").text == "open"


def test_public_without_require_auth_changes_nothing() -> None:
    app = app_for()
    app.get("/thing")(public(fresh()))
    app.get("/guarded")(auth()(fresh()))
    client = TestClient(app)
    assert (client.get("/thing").status_code, client.get("/guarded").status_code) == (200, 401)
