"""The application's own handlers of exceptions and statuses."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import auth
from tests.application.raising import Missing, app_raising, ask
from tests.parts import app_for, assert_problem


async def answers(request: Request, error: Exception) -> dict[str, str]:
    return {"handled": type(error).__name__, "path": request.url.path}


def sync_answers(request: Request, error: Exception) -> dict[str, str]:
    return {"handled": type(error).__name__, "path": request.url.path}


class Answers:
    async def __call__(self, request: Request, error: Exception) -> dict[str, str]:
        return {"handled": type(error).__name__, "path": request.url.path}

    async def method(self, request: Request, error: Exception) -> dict[str, str]:
        return {"handled": type(error).__name__, "path": request.url.path}


HANDLERS = {
    "async": answers,
    "sync": sync_answers,
    "callable object": Answers(),
    "method": Answers().method,
    "partial": functools.partial(answers),
}


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
@pytest.mark.parametrize("path", ["/", "/sync"])
def test_an_exception_class_has_a_handler_of_any_kind(handler: Any, path: str) -> None:
    app = app_raising(Missing())
    app.add_exception_handler(Missing, handler)
    answer = ask(app, path)
    assert (answer.status_code, answer.json()) == (200, {"handled": "Missing", "path": path})


@pytest.mark.parametrize(
    ("handled", "error", "expected"),
    [
        (Missing, Missing(), True),
        (LookupError, Missing(), True),
        (Exception, Missing(), True),
        (500, Missing(), True),
        (KeyError, Missing(), False),
        (404, HTTPException(404), True),
        (HTTPException, HTTPException(404), True),
        (405, HTTPException(404), False),
        (500, HTTPException(404), False),
        # As in Starlette: who asks to be told of crashes is not told of refusals.
        (Exception, HTTPException(404), False),
        (Exception, HTTPException(500), False),
    ],
)
def test_a_handler_is_asked_for_its_class_or_status(handled: Any, error: Exception, expected: bool) -> None:
    app = app_raising(error)
    app.add_exception_handler(handled, answers)
    assert ("handled" in ask(app).json()) is expected


def test_the_nearest_handler_answers() -> None:
    async def nearer(request: Request, error: Exception) -> str:
        return "nearer"

    async def farther(request: Request, error: Exception) -> str:
        return "farther"

    app = app_raising(Missing(), exception_handlers={Exception: farther, 500: farther, LookupError: nearer})
    assert ask(app).text == "nearer"


def test_the_handler_of_a_status_comes_before_that_of_the_class() -> None:
    async def by_status(request: Request, error: Exception) -> str:
        return "status"

    app = app_raising(HTTPException(404), exception_handlers={HTTPException: answers, 404: by_status})
    assert ask(app).text == "status"


def test_a_decorator_declares_a_handler_and_gives_it_back() -> None:
    app = app_raising(Missing())
    assert app.exception_handler(Missing)(answers) is answers
    assert ask(app).json()["handled"] == "Missing"


@pytest.mark.parametrize(
    ("status", "path", "method"), [(404, "/nowhere", "GET"), (405, "/", "POST"), (401, "/guarded", "GET")]
)
def test_a_status_handler_answers_for_the_routes_and_the_guards(status: int, path: str, method: str) -> None:
    app = app_for()

    @app.get("/")
    async def index(request: Request, response: Response) -> None: ...

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> None: ...

    @app.exception_handler(status)
    async def page(request: Request, error: HTTPException) -> Response:
        return Response().html("<h1>Sorry</h1>", error.status_code)

    answer = TestClient(app).request(method, path)
    assert (answer.status_code, answer.text) == (status, "<h1>Sorry</h1>")


def test_a_handler_may_return_what_a_route_may() -> None:
    app = app_raising(Missing())

    @app.exception_handler(Missing)
    async def handler(request: Request, error: Missing) -> JSONResponse:
        return JSONResponse({"a": 1}, 409, headers={"x-own": "1"})

    answer = ask(app)
    assert (answer.status_code, answer.json(), answer.headers["x-own"]) == (409, {"a": 1}, "1")


@pytest.mark.parametrize("second", [RuntimeError("hunter2"), HTTPException(409, "Both.")])
def test_a_handler_that_raises_is_answered_like_a_route(
    second: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_raising(Missing())

    @app.exception_handler(Missing)
    async def handler(request: Request, error: Missing) -> None:
        raise second

    answer = ask(app)
    assert_problem(answer, 409 if isinstance(second, HTTPException) else 500)
    assert "hunter2" not in answer.text


def test_a_handler_that_returns_rubbish_is_a_500() -> None:
    app = app_raising(Missing())
    app.add_exception_handler(Missing, lambda request, error: object())
    assert_problem(ask(app), 500)


def test_an_exception_of_a_middleware_is_answered_too() -> None:
    def breaking(app: Any) -> Any:
        async def middleware(scope: Any, receive: Any, send: Any) -> None:
            raise Missing("hunter2")

        return middleware

    app = NexiosApp()
    app.add_middleware(breaking)
    assert_problem(ask(app), 500, "The server could not answer the request.")
    app.add_exception_handler(Missing, answers)
    assert ask(app).json()["handled"] == "Missing"
