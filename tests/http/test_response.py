"""The response: calls that chain, and headers that cannot be split."""

from __future__ import annotations

from datetime import UTC, datetime
from http.cookies import CookieError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response

JSON, TEXT, HTML = "application/json", "text/plain; charset=utf-8", "text/html; charset=utf-8"


def sent(fill: Any) -> Any:
    """The answer of a handler that returns what `fill` makes of its response."""
    app = NexiosApp()

    @app.get("/")
    async def handler(request: Request, response: Response) -> Any:
        return fill(response)

    return TestClient(app, follow_redirects=False).get("/")


@pytest.mark.parametrize(
    ("fill", "status", "media_type", "body"),
    [
        (lambda r: r.json({"a": "ä"}), 200, JSON, '{"a":"ä"}'),
        (lambda r: r.json([1], 201), 201, JSON, "[1]"),
        (lambda r: r.json(None), 200, JSON, "null"),
        (lambda r: r.text("grüß"), 200, TEXT, "grüß"),
        (lambda r: r.text("x", 202), 202, TEXT, "x"),
        (lambda r: r.html("<p>ä"), 200, HTML, "<p>ä"),
        (lambda r: r.html("<p>", 404), 404, HTML, "<p>"),
        (lambda r: r.status(204), 204, None, ""),
        (lambda r: r.json({}).text("last"), 200, TEXT, "last"),
    ],
)
def test_each_call_says_body_type_and_status(fill: Any, status: int, media_type: str, body: str) -> None:
    answer = sent(fill)
    assert (answer.status_code, answer.headers.get("content-type"), answer.text) == (status, media_type, body)


def test_every_call_chains() -> None:
    def fill(response: Response) -> Response:
        return (
            response.json({"a": 1})
            .status(201)
            .set_header("X-One", "1")
            .set_cookie("kept", "yes")
            .delete_cookie("gone")
            .set_header("x-two", "2")
        )

    answer = sent(fill)
    assert (answer.status_code, answer.json()) == (201, {"a": 1})
    assert (answer.headers["x-one"], answer.headers["x-two"]) == ("1", "2")
    assert [line.split("=")[0] for line in answer.headers.get_list("set-cookie")] == ["kept", "gone"]


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("/there", "/there"),
        ("https://other.example/a?b=c#d", "https://other.example/a?b=c#d"),
        ("/ä b", "/%C3%A4%20b"),
        ("/日本", "/%E6%97%A5%E6%9C%AC"),
        ("/%20", "/%20"),
        ("/~ada", "/~ada"),
        ("/\r\nset-cookie: a=b", "/%0D%0Aset-cookie:%20a=b"),
    ],
)
def test_a_redirect_sends_the_client_there(url: str, location: str) -> None:
    answer = sent(lambda response: response.redirect(url))
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, location, b"")
    assert "set-cookie" not in answer.headers


def test_a_redirect_takes_a_status_and_the_url_of_a_route() -> None:
    app = NexiosApp()

    @app.get("/")
    async def index(request: Request, response: Response) -> Response:
        return response.redirect(request.url_for("there"), 303)

    @app.get("/there")
    async def there(request: Request, response: Response) -> Response:
        return response.redirect(request.app.url_path_for("index"))

    client = TestClient(app, follow_redirects=False)
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "http://testserver/there")
    assert client.get("/there").headers["location"] == "/"


def test_a_header_set_again_replaces_the_first_in_any_case() -> None:
    answer = sent(lambda r: r.set_header("X-One", "1").set_header("x-one", "2").text("x"))
    assert answer.headers.get_list("x-one") == ["2"]


def test_a_content_type_of_ones_own_wins() -> None:
    answer = sent(lambda r: r.set_header("Content-Type", "application/vnd.own+json").json({}))
    assert answer.headers.get_list("content-type") == ["application/vnd.own+json"]


def test_headers_given_to_the_constructor_are_sent() -> None:
    answer = sent(lambda r: Response("x", 203, {"X-One": "1"}, "text/own"))
    assert (answer.status_code, answer.headers["x-one"], answer.headers["content-type"]) == (
        203,
        "1",
        "text/own",
    )


def test_what_was_set_can_be_read() -> None:
    response = Response().text("ä").set_header("x-one", "1")
    assert (response.body, response.status_code, response.headers["X-One"]) == ("ä".encode(), 200, "1")
    assert repr(response) == "<Response 200>"


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\nb", "a\r\nb", "ä", "a\x00"])
def test_a_header_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no header name"):
        Response().set_header(name, "x")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a\r\nset-cookie: b=c", "has a line end or control character"),
        ("a\nb", "has a line end or control character"),
        ("a\x00b", "has a line end or control character"),
        ("\x7f", "has a line end or control character"),
        ("€", "has letters beyond latin-1: encode them first"),
    ],
)
def test_a_header_value_that_would_split_the_answer_is_refused(value: str, message: str) -> None:
    response = Response()
    with pytest.raises(ValueError, match=message) as raised:
        response.set_header("x-one", value)
    assert value not in str(raised.value)
    assert response.raw_headers == []


@given(st.text(max_size=20), st.text(max_size=40))
def test_no_name_or_value_makes_a_second_header(name: str, value: str) -> None:
    response = Response()
    try:
        response.set_header(name, value)
    except ValueError:
        assert response.raw_headers == []
        return
    ((raw_name, raw_value),) = response.raw_headers
    assert not set(b"\r\n\x00: ") & set(raw_name)
    assert not set(b"\r\n\x00") & set(raw_value)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "a=b; HttpOnly; Path=/; SameSite=lax"),
        ({"max_age": 60}, "a=b; HttpOnly; Max-Age=60; Path=/; SameSite=lax"),
        (
            {"expires": datetime(2030, 1, 1, tzinfo=UTC)},
            "a=b; expires=Tue, 01 Jan 2030 00:00:00 GMT; HttpOnly; Path=/; SameSite=lax",
        ),
        (
            {"secure": True, "samesite": "none", "httponly": False, "domain": "example.org", "path": "/x"},
            "a=b; Domain=example.org; Path=/x; SameSite=none; Secure",
        ),
        ({"samesite": None, "path": None}, "a=b; HttpOnly"),
    ],
)
def test_a_cookie_is_kept_from_scripts_and_other_sites_unless_said_otherwise(
    options: dict[str, Any], line: str
) -> None:
    answer = sent(lambda r: r.set_cookie("a", "b", **options))
    assert answer.headers["set-cookie"] == line


def test_a_deleted_cookie_ends_at_once() -> None:
    line = sent(lambda r: r.delete_cookie("a", path="/x", domain="example.org")).headers["set-cookie"]
    assert "Max-Age=0" in line
    assert "Path=/x" in line
    assert "Domain=example.org" in line


@pytest.mark.parametrize("value", ["a;b", "a\r\nset-cookie: c=d", "a b,c"])
def test_a_cookies_value_cannot_say_more_than_a_value(value: str) -> None:
    answer = sent(lambda r: r.set_cookie("a", value))
    assert len(answer.headers.get_list("set-cookie")) == 1
    assert answer.headers["set-cookie"].count(";") == 3


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_cookie_makes_a_second_header_or_attribute(key: str, value: str) -> None:
    response = Response()
    try:
        response.set_cookie(key, value)
    except (CookieError, ValueError):
        return
    ((_, line),) = response.raw_headers
    assert not set(b"\r\n\x00") & set(line)


def test_a_response_answers_a_websockets_handshake() -> None:
    app = NexiosApp()

    @app.websocket_route("/")
    async def handler(websocket: Any) -> None:
        answer = Response().json({"no": True}).status(403).set_header("x-why", "closed")
        await answer(websocket.scope, websocket.receive, websocket.send)

    from starlette.testclient import WebSocketDenialResponse

    with pytest.raises(WebSocketDenialResponse) as denied, TestClient(app).websocket_connect("/"):
        pass
    assert (denied.value.status_code, denied.value.json()) == (403, {"no": True})
    assert denied.value.headers["x-why"] == "closed"
