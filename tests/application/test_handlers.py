"""What a handler may be and what it is given."""

from __future__ import annotations

import functools
import threading
from typing import Any

import pytest
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.exceptions import ConfigError
from tests.parts import assert_problem


async def plain(request: Request, response: Response) -> dict[str, str]:
    return {"path": request.url.path}


def sync(request: Request, response: Response) -> dict[str, str]:
    return {"path": request.url.path}


class Called:
    async def __call__(self, request: Request, response: Response) -> dict[str, str]:
        return {"path": request.url.path}


class CalledSync:
    def __call__(self, request: Request, response: Response) -> dict[str, str]:
        return {"path": request.url.path}


class Methods:
    async def asynchronous(self, request: Request, response: Response) -> dict[str, str]:
        return {"path": request.url.path}

    def synchronous(self, request: Request, response: Response) -> dict[str, str]:
        return {"path": request.url.path}

    @classmethod
    async def of_the_class(cls, request: Request, response: Response) -> dict[str, str]:
        return {"path": request.url.path}

    @staticmethod
    async def static(request: Request, response: Response) -> dict[str, str]:
        return {"path": request.url.path}


async def with_more(word: str, request: Request, response: Response, *, path: str = "") -> dict[str, str]:
    return {word: path or request.url.path}


async def anything(*args: Any) -> dict[str, str]:
    request, _response = args
    return {"path": request.url.path}


async def everything(*args: Any, **kwargs: Any) -> dict[str, str]:
    return {"path": args[0].url.path}


HANDLERS = {
    "async function": plain,
    "sync function": sync,
    "callable object": Called(),
    "sync callable object": CalledSync(),
    "method": Methods().asynchronous,
    "sync method": Methods().synchronous,
    "classmethod": Methods.of_the_class,
    "staticmethod": Methods.static,
    "partial": functools.partial(with_more, "path"),
    "partial of a sync method": functools.partial(Methods().synchronous),
    "lambda": lambda request, response: {"path": request.url.path},
    "*args": anything,
    "*args and **kwargs": everything,
}


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_every_kind_of_handler_answers(handler: Any) -> None:
    app = NexiosApp()
    app.get("/thing")(handler)
    assert TestClient(app).get("/thing").json() == {"path": "/thing"}


def test_a_route_gives_the_handler_back_as_it_was() -> None:
    assert NexiosApp().get("/thing")(plain) is plain


def test_a_sync_handler_runs_in_a_thread_and_an_async_one_does_not() -> None:
    app, threads = NexiosApp(), {}

    @app.get("/sync")
    def in_thread(request: Request, response: Response) -> None:
        threads["sync"] = threading.get_ident()

    @app.get("/async")
    async def on_loop(request: Request, response: Response) -> None:
        threads["async"] = threading.get_ident()

    @app.get("/loop")
    async def loop(request: Request, response: Response) -> None:
        threads["loop"] = threading.get_ident()

    with TestClient(app) as client:
        for path in ("/sync", "/async", "/loop"):
            assert client.get(path).status_code == 204
    assert threads["async"] == threads["loop"]
    assert threads["sync"] != threads["loop"]


def test_path_parameters_come_by_name_in_any_order() -> None:
    app = NexiosApp()

    @app.get("/{first}/{second:int}")
    async def handler(request: Request, response: Response, second: int, first: str) -> dict[str, object]:
        return {"first": first, "second": second}

    @app.get("/sync/{first}/{second:int}")
    def in_thread(request: Request, response: Response, *, second: int) -> dict[str, object]:
        return {"second": second}

    client = TestClient(app)
    assert client.get("/a/1").json() == {"first": "a", "second": 1}
    assert client.get("/sync/a/1").json() == {"second": 1}


def test_path_parameters_that_the_handler_does_not_name_stand_in_the_request() -> None:
    app = NexiosApp()

    @app.get("/{first}/{second:int}")
    async def handler(request: Request, response: Response, first: str) -> dict[str, object]:
        return {"first": first, **request.path_params}

    assert TestClient(app).get("/a/1").json() == {"first": "a", "second": 1}


def test_a_handler_of_any_keyword_gets_every_path_parameter() -> None:
    app = NexiosApp()

    @app.get("/{first}/{second:int}")
    async def handler(request: Request, response: Response, **params: object) -> dict[str, object]:
        return params

    assert TestClient(app).get("/a/1").json() == {"first": "a", "second": 1}


def test_a_parameter_with_a_default_need_not_stand_in_the_path() -> None:
    app = NexiosApp()

    @app.get("/{first}")
    async def handler(request: Request, response: Response, first: str, page: int = 1) -> dict[str, object]:
        return {"first": first, "page": page}

    assert TestClient(app).get("/a").json() == {"first": "a", "page": 1}


def test_the_first_two_parameters_may_have_any_name() -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def handler(req: Request, _: Response) -> str:
        return req.method

    assert TestClient(app).get("/thing").text == "GET"


async def takes_nothing() -> None: ...


async def takes_one(request: Request) -> None: ...


async def takes_a_body(request: Request, response: Response, body: dict[str, str]) -> None: ...


async def takes_keywords(*, request: Request, response: Response) -> None: ...


@pytest.mark.parametrize(
    ("handler", "mend"),
    [
        (
            takes_nothing,
            "takes_nothing must take request and response: write takes_nothing(request, response)",
        ),
        (takes_one, "takes_one must take request and response"),
        (takes_a_body, "takes_a_body has a parameter 'body' that the path does not"),
        (takes_keywords, "has a parameter 'request' that the path does not"),
    ],
    ids=["nothing", "the request alone", "one more", "by keyword"],
)
def test_a_handler_with_other_parameters_is_refused_at_start_up(handler: Any, mend: str) -> None:
    app = NexiosApp()
    app.get("/thing")(handler)
    with pytest.raises(ConfigError) as raised:
        app.build()
    assert mend in str(raised.value)


class Thing:
    """A class-based handler; one object serves all requests."""

    async def get(self, request: Request, response: Response, name: str) -> dict[str, str]:
        return {"read": name}

    def delete(self, request: Request, response: Response, name: str) -> dict[str, str]:
        return {"removed": name}


def test_a_class_answers_by_its_methods() -> None:
    app = NexiosApp()
    app.route("/things/{name}")(Thing)
    client = TestClient(app)
    assert client.get("/things/a").json() == {"read": "a"}
    assert client.delete("/things/a").json() == {"removed": "a"}
    assert client.head("/things/a").status_code == 200
    answer = client.post("/things/a")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


class WithHead:
    async def get(self, request: Request, response: Response) -> str:
        return "body"

    async def head(self, request: Request, response: Response) -> None:
        response.set_header("x-own", "head")


def test_a_class_may_answer_head_by_itself() -> None:
    app = NexiosApp()
    app.route("/thing")(WithHead)
    assert TestClient(app).head("/thing").headers["x-own"] == "head"


def test_a_route_may_take_some_of_a_classs_methods() -> None:
    app = NexiosApp()
    app.route("/things/{name}", methods=["GET"])(Thing)
    assert TestClient(app).delete("/things/a").status_code == 405


class Nothing:
    """It answers no method."""


class Needy:
    def __init__(self, database: object) -> None: ...

    async def get(self, request: Request, response: Response) -> None: ...


@pytest.mark.parametrize(
    ("handler", "methods", "mend"),
    [
        (Nothing, None, "Nothing answers no method: define get(self, request, response)"),
        (Thing, ["PATCH"], "Thing does not answer PATCH: define patch(self, request, response)"),
        (Needy, None, "Needy must be made without arguments"),
    ],
    ids=["no method", "another method", "wants arguments"],
)
def test_a_class_that_cannot_answer_is_refused_at_start_up(
    handler: Any, methods: list[str] | None, mend: str
) -> None:
    app = NexiosApp()
    app.route("/thing/{name}", methods=methods)(handler)
    with pytest.raises(ConfigError) as raised:
        app.build()
    assert mend in str(raised.value)


class Endpoint(HTTPEndpoint):
    """A class-based handler of Starlette's own kind."""

    async def get(self, request: Any) -> PlainTextResponse:
        return PlainTextResponse(f"{request.method} {request.path_params['name']}", headers={"x-kind": "get"})

    def post(self, request: Any) -> PlainTextResponse:
        return PlainTextResponse("posted")


def test_starlettes_class_based_handlers_answer_as_they_do_there() -> None:
    app = NexiosApp()
    app.route("/things/{name}")(Endpoint)
    client = TestClient(app)
    assert client.get("/things/a").text == "GET a"
    assert client.post("/things/a").text == "posted"
    assert client.head("/things/a").headers["x-kind"] == "get"
    answer = client.put("/things/a")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
