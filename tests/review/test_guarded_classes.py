"""A guard on a class is asked however its objects are called, in any host."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth, has_permission, public
from tests.parts import SECRET, ByHeader, Person, app_for

ADA = {"x-user": "ada"}
BOB = {"x-user": "bob"}


@auth()
class Things:
    async def get(self, request: Request, response: Response) -> dict[str, Any]:
        return {"who": request.user.identity}

    async def all_of_them(self, request: Request, response: Response) -> dict[str, Any]:
        return {"who": request.user.identity}

    @has_permission("write")
    async def post(self, request: Request, response: Response) -> dict[str, Any]:
        return {"who": request.user.identity}

    @public
    async def head(self, request: Request, response: Response) -> None: ...

    @staticmethod
    async def put(request: Request, response: Response) -> dict[str, Any]:
        return {"who": request.user.identity}

    async def __call__(self, request: Request, response: Response) -> dict[str, Any]:
        return {"who": request.user.identity}


class OtherThings(Things):
    async def get(self, request: Request, response: Response) -> dict[str, Any]:
        return {"who": request.user.identity}


HANDLERS: dict[str, Callable[[], Any]] = {
    "the class": lambda: Things,
    "an object": lambda: Things(),
    "its get": lambda: Things().get,
    "a method of another name": lambda: Things().all_of_them,
    "a static method": lambda: Things().put,
    "a partial of a method": lambda: partial(Things().all_of_them),
    "a partial of an object": lambda: partial(Things()),
    "a class that inherits": lambda: OtherThings,
    "its method": lambda: OtherThings().get,
    "a method that it inherits": lambda: OtherThings().all_of_them,
}


@pytest.mark.parametrize("make", HANDLERS.values(), ids=HANDLERS.keys())
def test_a_stranger_gets_in_by_no_way_of_routing_a_guarded_class(make: Callable[[], Any]) -> None:
    app = app_for(ByHeader())
    app.route("/things", methods=["GET"])(make())
    client = TestClient(app)
    assert client.get("/things").status_code == 401
    assert client.get("/things", headers=ADA).json() == {"who": "ada"}
    if make is not HANDLERS["a static method"]:  # which is no method of an object that has a class
        assert [row.guard for row in app.routes_table()] == ["auth"]


def test_a_method_asks_what_it_and_its_class_ask() -> None:
    app = app_for(ByHeader())
    app.post("/things")(Things().post)
    client = TestClient(app)
    assert [client.post("/things", headers=headers).status_code for headers in ({}, BOB, ADA)] == [
        401,
        403,
        200,
    ]
    assert [row.guard for row in app.routes_table()] == ["auth, permission: write"]


def test_a_method_marked_public_is_open_in_a_guarded_class() -> None:
    app = app_for(ByHeader())
    app.head("/things")(Things().head)
    assert TestClient(app).head("/things").status_code == 204


def test_a_permission_is_asked_once_a_request() -> None:
    asked = []

    class Asked(Person):
        def has_permission(self, permission: str) -> bool:
            asked.append(permission)
            return super().has_permission(permission)

    @has_permission("read")
    class Read:
        async def get(self, request: Request, response: Response) -> None: ...

    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=Asked, backend=ByHeader()))
    app.route("/class")(Read)
    app.get("/method")(Read().get)

    client = TestClient(app)
    for path in ("/class", "/method"):
        assert client.get(path, headers=ADA).status_code == 204
        assert asked == ["read"]
        asked.clear()


def test_the_objects_of_a_guarded_class_are_guarded_in_fastapi() -> None:
    @auth()
    class Endpoint:
        async def __call__(self, request: StarletteRequest) -> dict[str, Any]:
            return {"who": request.user.identity}

        def get(self, request: StarletteRequest) -> dict[str, Any]:
            return {"who": request.user.identity}

    app = FastAPI()
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader()))
    app.get("/object")(Endpoint())
    app.get("/method")(Endpoint().get)
    client = TestClient(app)
    for path in ("/object", "/method"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=ADA).json() == {"who": "ada"}


def test_an_asgi_app_is_guarded_where_starlette_mounts_it() -> None:
    async def inside(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(scope["user"].identity)(scope, receive, send)

    @auth()
    class Inside:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await inside(scope, receive, send)

    app = Starlette(routes=[Mount("/class", Inside()), Mount("/function", auth()(inside))])
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader()))
    client = TestClient(app)
    for path in ("/class/", "/function/"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=ADA).text == "ada"
