"""Guards on every kind of handler, stacked in any order."""

from __future__ import annotations

import functools
import inspect
import itertools
from typing import Any

import pytest
from starlette.endpoints import HTTPEndpoint
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import auth, has_permission, public
from tests.auth.handlers import function, note, ran
from tests.parts import app_for, assert_problem


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


def sync_function(request: Request, response: Response) -> dict[str, str]:
    return note(request)


class Called:
    async def __call__(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)


class CalledSync:
    def __call__(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)


class Slotted:
    __slots__ = ()

    async def __call__(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)


class Methods:
    async def asynchronous(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)

    def synchronous(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)

    @classmethod
    async def of_the_class(cls, request: Request, response: Response) -> dict[str, str]:
        return note(request)

    @staticmethod
    def static(request: Request, response: Response) -> dict[str, str]:
        return note(request)


async def with_more(word: str, request: Request, response: Response) -> dict[str, str]:
    return note(request)


def decorated(handler: Any) -> Any:
    """A decorator of the application's own, as everybody writes them."""

    @functools.wraps(handler)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        found = handler(*args, **kwargs)
        return await found if inspect.isawaitable(found) else found

    return wrapper


def fresh_class() -> type:
    class Plain:
        async def get(self, request: Request, response: Response) -> dict[str, str]:
            return note(request)

    return Plain


def fresh_sync_class() -> type:
    class Plain:
        def get(self, request: Request, response: Response) -> dict[str, str]:
            return note(request)

    return Plain


def fresh_endpoint() -> type:
    class Endpoint(HTTPEndpoint):
        async def get(self, request: Any) -> JSONResponse:
            return JSONResponse(note(request))

    return Endpoint


def fresh_sync_endpoint() -> type:
    class Endpoint(HTTPEndpoint):
        def get(self, request: Any) -> JSONResponse:
            return JSONResponse(note(request))

    return Endpoint


HANDLERS: dict[str, Any] = {
    "async function": lambda: function,
    "sync function": lambda: sync_function,
    "lambda": lambda: lambda request, response: note(request),
    "callable object": Called,
    "sync callable object": CalledSync,
    "slotted object": Slotted,
    "method": lambda: Methods().asynchronous,
    "sync method": lambda: Methods().synchronous,
    "classmethod": lambda: Methods.of_the_class,
    "staticmethod": lambda: Methods.static,
    "partial": lambda: functools.partial(with_more, "word"),
    "partial of a sync method": lambda: functools.partial(Methods().synchronous),
    "decorated function": lambda: decorated(function),
    "class": fresh_class,
    "class with a sync method": fresh_sync_class,
    "Starlette's class": fresh_endpoint,
    "Starlette's class with a sync method": fresh_sync_endpoint,
}

GUARDS = {
    "auth": auth(),
    "scope": auth(scope="header"),
    "scopes": auth(scopes=["other", "header"]),
    "permission": has_permission(permission="write"),
    "permissions": has_permission(permissions=["read", "write"]),
}

ORDERS = [
    *itertools.permutations(["auth", "permission"]),
    *itertools.permutations(["scope", "permissions", "auth"]),
    ("permission",),
    ("scopes", "permission", "scope"),
]


def guarded(handler: Any, names: tuple[str, ...]) -> NexiosApp:
    for name in reversed(names):
        handler = GUARDS[name](handler)
    app = app_for()
    app.route("/thing")(handler)
    return app


@pytest.mark.parametrize("names", ORDERS, ids=" > ".join)
@pytest.mark.parametrize("kind", HANDLERS)
def test_guards_hold_on_every_kind_of_handler_in_every_order(kind: str, names: tuple[str, ...]) -> None:
    client = TestClient(guarded(HANDLERS[kind](), names))

    stranger = client.get("/thing")
    assert_problem(stranger, 401, "Authentication is required.")
    assert stranger.headers["www-authenticate"] == 'Custom realm="api"'
    assert ran == []

    refused = client.get("/thing", headers={"x-user": "-"})
    assert_problem(refused, 401, "The credential was refused.")
    assert ran == []

    forbidden = client.get("/thing", headers={"x-user": "bob"})
    assert_problem(forbidden, 403, "You do not have the permission that this needs.")
    assert "www-authenticate" not in forbidden.headers
    assert ran == []

    welcome = client.get("/thing", headers={"x-user": "ada"})
    assert (welcome.status_code, welcome.json(), ran) == (200, {"user": "ada"}, ["ada"])


@pytest.mark.parametrize("kind", HANDLERS)
def test_head_asks_the_same_guard_as_get(kind: str) -> None:
    client = TestClient(guarded(HANDLERS[kind](), ("auth",)))
    assert client.head("/thing").status_code == 401
    assert ran == []
    assert client.head("/thing", headers={"x-user": "ada"}).status_code == 200


@pytest.mark.parametrize("handler", [function, sync_function], ids=["async", "sync"])
@pytest.mark.parametrize("guard", [*GUARDS.values(), public], ids=[*GUARDS, "public"])
def test_a_guarded_function_keeps_its_name_and_signature(handler: Any, guard: Any) -> None:
    found = guard(handler)
    assert found.__name__ == handler.__name__
    assert found.__qualname__ == handler.__qualname__
    assert found.__module__ == handler.__module__
    assert found.__wrapped__ is handler
    assert inspect.signature(found) == inspect.signature(handler)
