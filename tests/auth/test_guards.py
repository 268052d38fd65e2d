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
from tests.parts import Person, app_for, assert_problem

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


def note(request: Any) -> dict[str, str]:
    ran.append(request.user.identity)
    return {"user": request.user.identity}


async def function(request: Request, response: Response) -> dict[str, str]:
    return note(request)


def fresh_function() -> Any:
    async def function(request: Request, response: Response) -> dict[str, str]:
        return note(request)

    return function


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
    "permission": has_permission("write"),
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


@pytest.mark.parametrize("place", ["above", "below", "between"])
def test_a_decorator_of_ones_own_may_stand_anywhere(place: str) -> None:
    handler: Any = function
    if place == "below":
        handler = auth()(has_permission("write")(decorated(handler)))
    elif place == "between":
        handler = auth()(decorated(has_permission("write")(handler)))
    else:
        handler = decorated(auth()(has_permission("write")(handler)))
    app = app_for()
    app.get("/thing")(handler)
    client = TestClient(app)
    assert client.get("/thing").status_code == 401
    assert client.get("/thing", headers={"x-user": "bob"}).status_code == 403
    assert ran == []
    assert client.get("/thing", headers={"x-user": "ada"}).json() == {"user": "ada"}
    assert [row.guard for row in app.routes_table()] == ["auth, permission: write"]


def outer(handler: Any) -> Any:
    """A decorator that forgets functools.wraps."""

    async def wrapper(request: Request, response: Response) -> Any:
        return await handler(request, response)

    return wrapper


def test_a_decorator_that_hides_the_guard_does_not_open_the_route() -> None:
    app = app_for()
    app.get("/thing")(outer(auth()(function)))
    client = TestClient(app)
    assert client.get("/thing").status_code == 401
    assert ran == []
    assert client.get("/thing", headers={"x-user": "ada"}).json() == {"user": "ada"}


@pytest.mark.parametrize("handler", [function, sync_function], ids=["async", "sync"])
@pytest.mark.parametrize("guard", [*GUARDS.values(), public], ids=[*GUARDS, "public"])
def test_a_guarded_function_keeps_its_name_and_signature(handler: Any, guard: Any) -> None:
    found = guard(handler)
    assert found.__name__ == handler.__name__
    assert found.__qualname__ == handler.__qualname__
    assert found.__module__ == handler.__module__
    assert found.__wrapped__ is handler
    assert inspect.signature(found) == inspect.signature(handler)


def test_a_guarded_function_leaves_the_one_it_guards_alone() -> None:
    handler = fresh_function()
    app = app_for()
    app.get("/guarded")(auth()(handler))
    app.get("/open")(handler)
    client = TestClient(app)
    assert client.get("/guarded").status_code == 401
    assert client.get("/open").json() == {"user": ""}


def test_a_function_marked_public_leaves_the_one_it_marks_guarded() -> None:
    handler = fresh_function()
    app = app_for(require_auth=True)
    app.get("/open")(public(handler))
    app.get("/guarded")(handler)
    client = TestClient(app)
    assert client.get("/open").json() == {"user": ""}
    assert client.get("/guarded").status_code == 401


def test_path_parameters_reach_a_guarded_handler_by_name() -> None:
    app = app_for()

    @app.get("/things/{name}/{number:int}")
    @auth()
    @has_permission("read")
    def handler(request: Request, response: Response, number: int, name: str) -> dict[str, object]:
        return {"name": name, "number": number}

    answer = TestClient(app).get("/things/a/3", headers={"x-user": "bob"})
    assert answer.json() == {"name": "a", "number": 3}


class Mixed:
    """A class whose methods have guards of their own."""

    async def get(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)

    @auth()
    def put(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)

    @has_permission("write")
    @auth("header")
    async def post(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)


class MixedEndpoint(HTTPEndpoint):
    async def get(self, request: Any) -> JSONResponse:
        return JSONResponse(note(request))

    @auth()
    def put(self, request: Any) -> JSONResponse:
        return JSONResponse(note(request))

    @has_permission("write")
    @auth("header")
    async def post(self, request: Any) -> JSONResponse:
        return JSONResponse(note(request))


@pytest.mark.parametrize("handler", [Mixed, MixedEndpoint], ids=["ours", "Starlette's"])
@pytest.mark.parametrize(
    ("method", "statuses"),
    [("GET", [200, 200, 200]), ("PUT", [401, 200, 200]), ("POST", [401, 403, 200])],
)
def test_the_methods_of_a_class_may_have_guards_of_their_own(
    handler: Any, method: str, statuses: list[int]
) -> None:
    app = app_for()
    app.route("/thing")(handler)
    client = TestClient(app)
    found = [
        client.request(method, "/thing", headers=headers).status_code
        for headers in ({}, {"x-user": "bob"}, {"x-user": "ada"})
    ]
    assert found == statuses
    assert len(ran) == found.count(200)


def class_with_public_method(base: type) -> type:
    class Thing(base):  # type: ignore[misc]
        @public
        async def get(self, request: Any, *response: Any) -> Any:
            note(request)
            return JSONResponse({})

        async def post(self, request: Any, *response: Any) -> Any:
            note(request)
            return JSONResponse({})

    return Thing


@pytest.mark.parametrize("base", [object, HTTPEndpoint], ids=["ours", "Starlette's"])
@pytest.mark.parametrize("how", ["guard", "require_auth"])
def test_a_method_may_be_public_in_a_class_that_is_guarded(base: type, how: str) -> None:
    handler = class_with_public_method(base)
    app = app_for(require_auth=how == "require_auth")
    app.route("/thing")(auth()(handler) if how == "guard" else handler)
    client = TestClient(app)
    assert client.get("/thing").status_code == 200
    assert client.head("/thing").status_code == 200
    assert client.post("/thing").status_code == 401
    assert ran == ["", ""]
    assert [(row.methods, row.guarded) for row in app.routes_table()] == [
        (("GET",), False),
        (("POST",), True),
    ]


def test_a_subclass_of_a_guarded_class_is_guarded() -> None:
    base = auth()(fresh_endpoint())

    class Sub(base):  # type: ignore[misc, valid-type]
        async def post(self, request: Any) -> JSONResponse:
            return JSONResponse(note(request))

    app = app_for()
    app.route("/thing")(has_permission("write")(Sub))
    app.route("/base")(base)
    client = TestClient(app)
    assert client.post("/thing").status_code == 401
    assert client.post("/thing", headers={"x-user": "bob"}).status_code == 403
    assert ran == []
    assert client.post("/thing", headers={"x-user": "ada"}).status_code == 200
    assert client.get("/base", headers={"x-user": "bob"}).status_code == 200


def test_a_guard_inside_a_handler_is_asked_too() -> None:
    @has_permission("write")
    async def inner(request: Request) -> None:
        ran.append("inner")

    app = app_for()

    @app.get("/thing")
    @auth()
    async def handler(request: Request, response: Response) -> None:
        await inner(request)

    client = TestClient(app)
    assert_problem(client.get("/thing", headers={"x-user": "bob"}), 403)
    assert ran == []
    assert client.get("/thing", headers={"x-user": "ada"}).status_code == 204
    assert ran == ["inner"]


def test_guards_inside_and_outside_that_contradict_each_other_let_nobody_in() -> None:
    @auth("other")
    async def inner(request: Request) -> None:
        ran.append("inner")

    app = app_for()

    @app.get("/thing")
    @auth("header")
    async def handler(request: Request, response: Response) -> None:
        await inner(request)

    assert_problem(TestClient(app).get("/thing", headers={"x-user": "ada"}), 500)
    assert ran == []


def test_a_guarded_function_that_is_not_given_the_request_lets_nobody_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @auth()
    async def inner(word: str) -> None:
        ran.append("inner")

    app = app_for()

    @app.get("/thing")
    async def handler(request: Request, response: Response) -> None:
        await inner("word")

    assert_problem(TestClient(app).get("/thing", headers={"x-user": "ada"}), 500)
    assert ran == []
    assert "inner is guarded but is not given the request: add a parameter `request: Request`" in caplog.text


def test_without_the_middleware_nobody_gets_in_and_the_log_says_the_mend(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler = fresh_function()

    def hiding(app: Any) -> Any:
        async def middleware(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send)

        return middleware

    app = NexiosApp()
    app.add_middleware(hiding)
    app.get("/thing")(auth()(handler))
    answer = TestClient(app).get("/thing", headers={"x-user": "ada"})
    assert_problem(answer, 500, "The server could not answer the request.")
    assert ran == []
    assert "a guarded route needs AuthenticationMiddleware: app.add_middleware(" in caplog.text


def test_a_scope_that_a_client_or_a_server_brings_along_is_not_believed() -> None:
    handler = fresh_function()
    app = app_for()
    app.get("/thing")(auth()(handler))

    @app.get("/open")
    async def opened(request: Request, response: Response) -> list[Any]:
        return [bool(request.user), request.auth, request.credential]

    async def lying(scope: Any, receive: Any, send: Any) -> None:
        scope["user"] = Person("ada")
        scope["auth"] = "header"
        await app(scope, receive, send)

    client = TestClient(lying)
    assert client.get("/thing").status_code == 401
    assert ran == []
    assert client.get("/open").json() == [False, None, None]
    assert client.get("/open", headers={"x-user": "-"}).json() == [False, None, None]
