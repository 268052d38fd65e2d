"""Where a guard stands, and what happens where nobody can ask it."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import auth, has_permission, public
from tests.auth.handlers import fresh_function, function, ran
from tests.parts import Person, app_for, assert_problem


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


def decorated(handler: Any) -> Any:
    """A decorator of the application's own, as everybody writes them."""

    @functools.wraps(handler)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        ran.append("decorator")
        found = handler(*args, **kwargs)
        return await found if inspect.isawaitable(found) else found

    return wrapper


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
    assert ran == ["decorator", "ada"]
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


@pytest.mark.parametrize("words", [[], ["one"], ["one", "two"], ["one", "two", "three"]], ids=len)
def test_a_guarded_function_that_is_not_given_the_request_lets_nobody_in(
    words: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    @auth()
    async def inner(*words: str) -> None:
        ran.append("inner")

    app = app_for()

    @app.get("/thing")
    async def handler(request: Request, response: Response) -> None:
        await inner(*words)

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


class Compiled:
    """As a compiler of Python makes them: there is a signature, and nobody can read it."""

    __signature__ = "(request, response)"

    async def __call__(self, request: Request, response: Response) -> dict[str, str]:
        ran.append(request.user.identity)
        return {"user": request.user.identity}


def the_response(each: Any) -> bool:
    return isinstance(each, Response)


@pytest.mark.parametrize(
    "handler", [Compiled(), functools.partial(max, key=the_response)], ids=["unreadable", "written in C"]
)
def test_a_handler_whose_signature_cannot_be_read_may_be_guarded(handler: Any) -> None:
    app = app_for()
    app.get("/thing")(auth()(handler))
    client = TestClient(app)
    assert client.get("/thing").status_code == 401
    assert ran == []
    assert client.get("/thing", headers={"x-user": "ada"}).is_success
