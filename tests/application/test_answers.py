"""What a handler may return, and what of its `response` reaches the client."""

from __future__ import annotations

import dataclasses
import datetime
import io
import math
from collections import OrderedDict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from starlette.background import BackgroundTask
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    StreamingResponse,
)
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from tests.parts import assert_problem

JSON, TEXT = "application/json", "text/plain; charset=utf-8"


def client_for(handler: Any, *, raises: bool = True) -> TestClient:
    app = NexiosApp()
    app.get("/")(handler)
    return TestClient(app, follow_redirects=False, raise_server_exceptions=raises)


def returning(make: Any) -> TestClient:
    async def handler(request: Request, response: Response) -> Any:
        return make()

    return client_for(handler)


@dataclasses.dataclass
class Point:
    x: int
    y: int


RETURNED = {
    "dict": (lambda: {"a": [1, "ä"]}, 200, JSON, '{"a":[1,"ä"]}'.encode()),
    "empty dict": (dict, 200, JSON, b"{}"),
    "ordered dict": (lambda: OrderedDict(b=1, a=2), 200, JSON, b'{"b":1,"a":2}'),
    "mapping inside": (lambda: {"a": MappingProxyType({"b": 1})}, 200, JSON, b'{"a":{"b":1}}'),
    "date inside": (lambda: {"on": datetime.date(2026, 7, 1)}, 200, JSON, b'{"on":"2026-07-01"}'),
    "data class inside": (lambda: {"at": Point(1, 2)}, 200, JSON, b'{"at":{"x":1,"y":2}}'),
    "list": (lambda: [1, None], 200, JSON, b"[1,null]"),
    "str": (lambda: "grüß", 200, TEXT, "grüß".encode()),
    "bytes": (lambda: b"\x00\xff", 200, "application/octet-stream", b"\x00\xff"),
    "None": (lambda: None, 204, None, b""),
    "response": (lambda: Response({"a": 1}, 201), 201, JSON, b'{"a":1}'),
    "response of bytes": (
        lambda: Response(bytearray(b"x"), media_type="image/x"),
        200,
        "image/x",
        b"x",
    ),
    "JSONResponse": (lambda: JSONResponse({"a": 1}, 202), 202, JSON, b'{"a":1}'),
    "HTMLResponse": (lambda: HTMLResponse("<p>"), 200, "text/html; charset=utf-8", b"<p>"),
    "PlainTextResponse": (lambda: PlainTextResponse("x"), 200, TEXT, b"x"),
    "RedirectResponse": (lambda: RedirectResponse("/there"), 307, None, b""),
    "StreamingResponse": (lambda: StreamingResponse(io.BytesIO(b"one\ntwo")), 200, None, b"one\ntwo"),
    "FileResponse": (lambda: FileResponse(__file__, media_type="text/x"), 200, "text/x", None),
}


@pytest.mark.parametrize("name", RETURNED)
def test_every_kind_of_return_value_is_an_answer(name: str) -> None:
    make, status, media_type, body = RETURNED[name]
    answer = returning(make).get("/")
    assert answer.status_code == status
    assert answer.headers.get("content-type") == (
        media_type if name != "FileResponse" else "text/x; charset=utf-8"
    )
    assert answer.content == (Path(__file__).read_bytes() if body is None else body)
    if name != "StreamingResponse" and status != 204:
        assert int(answer.headers["content-length"]) == len(answer.content)
    if status == 204:
        assert "content-length" not in answer.headers


@pytest.mark.parametrize("name", RETURNED)
def test_headers_and_cookies_reach_the_client_whatever_is_returned(name: str) -> None:
    make = RETURNED[name][0]

    async def handler(request: Request, response: Response) -> Any:
        response.set_header("X-Seen", "yes").set_cookie("one", "1").set_cookie("two", "2")
        return make()

    answer = client_for(handler).get("/")
    assert answer.headers["x-seen"] == "yes"
    assert [line.partition(";")[0] for line in answer.headers.get_list("set-cookie")] == ["one=1", "two=2"]
    assert answer.status_code == (RETURNED[name][1] if name != "None" else 200)


@pytest.mark.parametrize("sync", [False, True], ids=["async", "sync"])
def test_the_response_that_was_given_may_be_returned_or_left(sync: bool) -> None:
    def fill(request: Request, response: Response) -> Any:
        response.json({"a": 1}).status(202).set_header("x-a", "b")
        return response if "return" in request.query_params else None

    async def afill(request: Request, response: Response) -> Any:
        return fill(request, response)

    client = client_for(fill if sync else afill)
    for path in ("/", "/?return"):
        answer = client.get(path)
        assert (answer.status_code, answer.json(), answer.headers["x-a"]) == (202, {"a": 1}, "b")


def test_the_status_set_on_the_response_holds_for_what_is_returned() -> None:
    async def handler(request: Request, response: Response) -> Any:
        response.status(201)
        return {"made": True}

    answer = client_for(handler).get("/")
    assert (answer.status_code, answer.json()) == (201, {"made": True})


def test_the_returned_responses_own_header_wins() -> None:
    async def handler(request: Request, response: Response) -> Any:
        response.set_header("x-who", "given").set_cookie("given", "1")
        return JSONResponse({}, headers={"x-who": "returned", "set-cookie": "returned=1"})

    answer = client_for(handler).get("/")
    assert answer.headers.get_list("x-who") == ["returned"]
    assert len(answer.headers.get_list("set-cookie")) == 2


def test_a_background_task_runs_after_the_answer_whatever_is_returned() -> None:
    ran: list[str] = []

    async def handler(request: Request, response: Response) -> Any:
        kind = request.query_params["kind"]
        response.background = BackgroundTask(ran.append, kind)
        return {"dict": {"a": 1}, "none": None, "given": response}[kind]

    client = client_for(handler)
    for kind in ("dict", "none", "given"):
        client.get("/", params={"kind": kind})
    assert ran == ["dict", "none", "given"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: 42,
        lambda: (1, 2),
        lambda: {1, 2},
        lambda: True,
        lambda: object(),
        lambda: datetime.date(2026, 7, 1),
        lambda: iter(()),
        lambda: (x for x in "ab"),
        lambda: {"a": object()},
        lambda: {"a": "\ud800"},
        lambda: {"a": math},
    ],
    ids=[
        *("int", "tuple", "set", "bool", "object", "date", "iterator", "generator"),
        *("object inside", "half a letter", "module inside"),
    ],
)
def test_an_unknown_return_value_is_a_500_that_shows_nothing(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answer = returning(make).get("/")
    assert_problem(answer, 500, "The server could not answer the request.")
    assert "a handler raised" in caplog.text


def test_the_log_says_what_a_handler_may_return(caplog: pytest.LogCaptureFixture) -> None:
    returning(lambda: 42).get("/")
    assert "a handler returned int: return a dict, list, str, bytes, None, a Struct, " in caplog.text


def test_a_handler_that_yields_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(request: Request, response: Response) -> Any:
        yield "one"

    assert_problem(client_for(handler).get("/"), 500)
    assert "a handler returned async_generator" in caplog.text
