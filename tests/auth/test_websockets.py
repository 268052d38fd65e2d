"""Guards on WebSockets: refused before they are accepted."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.endpoints import WebSocketEndpoint
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from nexios import NexiosApp
from nexios.auth import AuthenticationMiddleware, auth, has_permission, public
from nexios.auth.backends.base import AuthenticationBackend
from nexios.http import WebSocket
from tests.parts import ByHeader, Person, app_for

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


async def serve(websocket: Any) -> None:
    ran.append(websocket.user.identity)
    await websocket.accept()
    await websocket.send_text(websocket.user.identity)
    await websocket.close()


def fresh_function() -> Any:
    async def handler(websocket: WebSocket) -> None:
        await serve(websocket)

    return handler


class Called:
    async def __call__(self, websocket: WebSocket) -> None:
        await serve(websocket)

    async def method(self, websocket: WebSocket) -> None:
        await serve(websocket)


def fresh_endpoint() -> Any:
    class Endpoint(WebSocketEndpoint):
        async def on_connect(self, websocket: Any) -> None:
            ran.append(self.scope["user"].identity)
            await websocket.accept()
            await websocket.send_text(self.scope["user"].identity)
            await websocket.close()

    return Endpoint


HANDLERS: dict[str, Any] = {
    "function": fresh_function,
    "callable object": Called,
    "method": lambda: Called().method,
    "class": fresh_endpoint,
}


def greeting(client: TestClient, path: str = "/", **headers: str) -> str:
    with client.websocket_connect(path, headers={k.replace("_", "-"): v for k, v in headers.items()}) as ws:
        return ws.receive_text()


@pytest.mark.parametrize("stacked", [False, True], ids=["auth first", "permission first"])
@pytest.mark.parametrize("kind", HANDLERS)
def test_a_guard_refuses_a_websocket_before_it_is_accepted(kind: str, stacked: bool) -> None:
    guards = [auth(), has_permission("write")]
    handler = HANDLERS[kind]()
    for guard in reversed(guards) if stacked else guards:
        handler = guard(handler)
    app = app_for()
    app.websocket_route("/")(handler)
    client = TestClient(app)

    with pytest.raises(WebSocketDenialResponse) as denied:
        greeting(client)
    assert denied.value.status_code == 401
    assert denied.value.headers["www-authenticate"] == 'Custom realm="api"'
    assert denied.value.json()["detail"] == "Authentication is required."

    with pytest.raises(WebSocketDenialResponse) as denied:
        greeting(client, x_user="bob")
    assert denied.value.status_code == 403
    assert ran == []

    assert greeting(client, x_user="ada") == "ada"
    assert ran == ["ada"]


def test_a_handler_is_named_among_the_headers_of_the_refusal() -> None:
    app = app_for(ByHeader("one", "x-one", "One"), ByHeader("two", "x-two", "Two"))
    app.websocket_route("/")(auth("two")(fresh_function()))
    with pytest.raises(WebSocketDenialResponse) as denied:
        greeting(TestClient(app), x_one="ada")
    assert denied.value.headers["www-authenticate"] == 'Two realm="api"'
    assert ran == []


@pytest.mark.anyio
@pytest.mark.parametrize("kind", HANDLERS)
async def test_a_server_without_refusals_is_told_to_close(kind: str) -> None:
    app, sent = app_for(), []
    app.websocket_route("/")(auth()(HANDLERS[kind]()))

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "websocket", "path": "/", "headers": [], "query_string": b""}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": "Authentication is required."}]
    assert ran == []


def test_a_websocket_without_a_guard_sees_a_stranger() -> None:
    app = app_for()
    app.websocket_route("/")(fresh_function())
    assert greeting(TestClient(app)) == ""


def test_require_auth_holds_for_websockets() -> None:
    app = app_for(require_auth=True)
    app.websocket_route("/guarded")(fresh_function())
    app.websocket_route("/class")(fresh_endpoint())
    app.websocket_route("/public")(public(fresh_function()))
    client = TestClient(app)
    for path in ("/guarded", "/class"):
        with pytest.raises(WebSocketDenialResponse):
            greeting(client, path)
        assert greeting(client, path, x_user="ada") == "ada"
    assert greeting(client, "/public") == ""


class Failing(AuthenticationBackend):
    async def authenticate(self, request: Any, response: Any) -> None:
        raise RuntimeError("hunter2")


def test_a_failing_backend_refuses_guarded_websockets_and_no_others() -> None:
    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=Failing()))
    app.websocket_route("/guarded")(auth()(fresh_function()))
    app.websocket_route("/open")(fresh_function())
    client = TestClient(app)
    with pytest.raises(WebSocketDenialResponse) as denied:
        greeting(client, "/guarded")
    assert denied.value.status_code == 503
    assert "hunter2" not in denied.value.text
    assert ran == []
    assert greeting(client, "/open") == ""


def test_a_guard_asked_after_the_websocket_was_accepted_closes_it() -> None:
    @has_permission("write")
    async def write(websocket: WebSocket) -> None:
        ran.append("written")
        await websocket.send_text("written")

    app = app_for()

    @app.websocket_route("/")
    @auth()
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await write(websocket)

    client = TestClient(app)
    with client.websocket_connect("/", headers={"x-user": "bob"}) as websocket:
        with pytest.raises(WebSocketDisconnect) as closed:
            websocket.receive_text()
        assert closed.value.code == 1008
    assert ran == []
    with client.websocket_connect("/", headers={"x-user": "ada"}) as websocket:
        assert websocket.receive_text() == "written"


def test_without_the_middleware_no_websocket_gets_in() -> None:
    def hiding(app: Any) -> Any:
        async def middleware(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send)

        return middleware

    app = NexiosApp()
    app.add_middleware(hiding)
    app.websocket_route("/")(auth()(fresh_function()))
    with pytest.raises(Exception, match="a guarded route needs AuthenticationMiddleware"):
        greeting(TestClient(app), x_user="ada")
    assert ran == []
