"""WebSockets: their handlers, and what has none."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from nexios import NexiosApp, Request, Response
from nexios.exceptions import ConfigError
from nexios.http import WebSocket
from tests.parts import assert_problem


def test_a_handler_gets_the_websocket_and_path_parameters_by_name() -> None:
    app = NexiosApp()

    @app.websocket_route("/rooms/{room}/{seat:int}")
    async def handler(websocket: WebSocket, seat: int, room: str) -> None:
        await websocket.accept(subprotocol="chat")
        word = await websocket.receive_text()
        await websocket.send_json([room, seat, word])
        await websocket.close()

    with TestClient(app).websocket_connect("/rooms/red/3", ["chat"]) as websocket:
        assert websocket.accepted_subprotocol == "chat"
        websocket.send_text("hello")
        assert websocket.receive_json() == ["red", 3, "hello"]


class Called:
    async def __call__(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("called")
        await websocket.close()

    async def method(self, websocket: WebSocket) -> None:
        await self(websocket)


class Endpoint(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket: Any, data: str) -> None:
        await websocket.send_text(f"got {data}")


@pytest.mark.parametrize("handler", [Called(), Called().method], ids=["callable object", "method"])
def test_a_handler_may_be_any_async_callable(handler: Any) -> None:
    app = NexiosApp()
    app.websocket_route("/")(handler)
    with TestClient(app).websocket_connect("/") as websocket:
        assert websocket.receive_text() == "called"


def test_starlettes_class_serves_a_websocket() -> None:
    app = NexiosApp()
    app.websocket_route("/")(Endpoint)
    with TestClient(app).websocket_connect("/") as websocket:
        websocket.send_text("one")
        assert websocket.receive_text() == "got one"


def test_a_path_may_have_both_a_websocket_and_a_page() -> None:
    app = NexiosApp()

    @app.get("/both")
    async def page(request: Request, response: Response) -> str:
        return "page"

    app.websocket_route("/both")(Called())
    client = TestClient(app)
    assert client.get("/both").text == "page"
    assert client.options("/both").headers["allow"] == "GET, HEAD, OPTIONS"
    with client.websocket_connect("/both") as websocket:
        assert websocket.receive_text() == "called"


@pytest.mark.parametrize("path", ["/nowhere", "/page", "/pages/1"])
def test_a_websocket_that_no_handler_serves_is_closed_before_it_is_accepted(path: str) -> None:
    app = NexiosApp()

    @app.get("/page")
    @app.get("/pages/{number}")
    async def page(request: Request, response: Response) -> None: ...

    with pytest.raises(WebSocketDisconnect) as closed, TestClient(app).websocket_connect(path):
        pass
    assert closed.value.code == 1000


@pytest.mark.parametrize("path", ["/socket", "/sockets/1"])
def test_a_page_at_a_websockets_path_is_not_found(path: str) -> None:
    app = NexiosApp()
    app.websocket_route("/socket")(Called())
    app.websocket_route("/sockets/{number}")(Called().__call__)
    assert_problem(TestClient(app).get(path), 404)


def test_an_exception_in_a_handler_is_raised_for_the_server() -> None:
    app = NexiosApp()

    @app.websocket_route("/")
    async def handler(websocket: WebSocket) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"), TestClient(app).websocket_connect("/"):
        pass


def sync(websocket: WebSocket) -> None: ...


async def takes_two(websocket: WebSocket, response: Response) -> None: ...


class Page(HTTPEndpoint):
    async def get(self, request: Any) -> None: ...


class Plain:
    async def get(self, request: Request, response: Response) -> None: ...


@pytest.mark.parametrize(
    ("handler", "mend"),
    [
        (sync, "sync serves a WebSocket and must be `async def`"),
        (takes_two, "takes_two has a parameter 'response' that the path does not"),
        (Page, "Page serves no WebSocket: inherit from Starlette's WebSocketEndpoint"),
        (Plain, "Plain serves no WebSocket: inherit from Starlette's WebSocketEndpoint"),
    ],
    ids=["sync", "a response", "a page's class", "a plain class"],
)
def test_a_handler_that_cannot_serve_one_is_refused_at_start_up(handler: Any, mend: str) -> None:
    app = NexiosApp()
    app.websocket_route("/")(handler)
    with pytest.raises(ConfigError) as raised:
        app.build()
    assert mend in str(raised.value)


def test_a_websocket_class_answers_no_page() -> None:
    app = NexiosApp()
    app.route("/")(Endpoint)
    with pytest.raises(ConfigError, match="Endpoint answers no method"):
        app.build()


def test_a_websocket_route_wants_a_handler() -> None:
    with pytest.raises(ConfigError, match="wants a handler, not str"):
        NexiosApp().websocket_route("/")("handler")  # type: ignore[type-var]
