"""Backends of one's own: the page's two, and ones that look into the body or set headers."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import AuthResult, SimpleUser, auth
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.http import WebSocket
from tests.auth.apps import app_with
from tests.parts import SECRET, assert_problem


class Everybody(AuthenticationBackend):
    async def authenticate(self, request: Request, response: Response) -> AuthResult:
        return AuthResult(success=True, identity="123", scope="custom")


class Database(AuthenticationBackend):
    async def authenticate(self, request: Request, response: Response) -> AuthResult:
        header = request.headers.get("X-Key")
        if not header:
            return AuthResult(success=False, identity="", scope="database")
        return AuthResult(success=True, identity=header, scope="database")


def test_the_pages_first_example_lets_everybody_in() -> None:
    client = TestClient(app_with(Everybody(), user_model=SimpleUser))
    assert client.get("/guarded").json() == {"user": "123", "auth": "custom"}


def test_the_pages_second_example_looks_into_a_header() -> None:
    client = TestClient(app_with(Database()))
    assert client.get("/guarded", headers={"X-Key": "ada"}).json() == {"user": "ada", "auth": "database"}
    for headers in ({}, {"X-Key": ""}, {"X-Key": "nobody"}):
        assert_problem(client.get("/guarded", headers=headers), 401, "The credential was refused.")
        assert client.get("/open", headers=headers).json() == {"user": "", "auth": None}


class Setting(AuthenticationBackend):
    """Sets headers and cookies, whether it lets in or not."""

    scope = "setting"

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        response.set_header("X-Limit", "7").set_cookie("seen", "1")
        name = request.headers.get("x-user")
        if name == "fail":
            raise RuntimeError("failed")
        return AuthResult(True, name, "setting") if name else AuthResult(False, "", "setting")


def setting_app() -> NexiosApp:
    app = app_with(Setting())

    async def stream() -> Any:
        yield b"one"

    returned: dict[str, Any] = {
        "dict": lambda response: {"a": 1},
        "text": lambda response: "text",
        "nothing": lambda response: None,
        "given": lambda response: response.json({}).set_header("x-own", "1"),
        "starlette": lambda response: PlainTextResponse("x"),
        "stream": lambda response: StreamingResponse(stream()),
        "own": lambda response: PlainTextResponse("x", headers={"x-limit": "own"}),
        "error": lambda response: 1 / 0,
    }
    for name, make in returned.items():

        @app.get(f"/{name}")
        async def handler(request: Request, response: Response, make: Any = make) -> Any:
            return make(response)

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("mounted")(scope, receive, send)

    app.mount("/sub", mounted)

    @app.websocket_route("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    return app


@pytest.mark.parametrize("user", ["", "ada", "nobody", "fail"], ids=["refused", "in", "unknown", "failing"])
@pytest.mark.parametrize(
    "path", ["dict", "text", "nothing", "given", "starlette", "stream", "sub/x", "open", "guarded", "nowhere"]
)
def test_headers_set_by_a_backend_reach_the_client_whatever_is_answered(path: str, user: str) -> None:
    answer = TestClient(setting_app()).get(f"/{path}", headers={"x-user": user} if user else {})
    assert answer.headers.get_list("x-limit") == ["7"]
    assert answer.headers["set-cookie"].startswith("seen=1;")


def test_the_answers_own_header_wins_over_the_backends() -> None:
    answer = TestClient(setting_app()).get("/own")
    assert answer.headers.get_list("x-limit") == ["own"]
    assert answer.headers["set-cookie"].startswith("seen=1;")


def test_headers_set_by_a_backend_reach_a_websocket_too() -> None:
    with TestClient(setting_app()).websocket_connect("/socket") as websocket:
        headers = dict(websocket.extra_headers or ())
    assert headers[b"x-limit"] == b"7"


def test_a_backend_that_is_asked_later_still_sets_its_headers() -> None:
    class Later(Setting):
        scope = "later"

        async def authenticate(self, request: Request, response: Response) -> AuthResult:
            response.set_header("x-later", "1")
            return AuthResult(True, "bob", "later")

    app = app_with(Setting(), Later())

    @app.get("/later")
    @auth("later")
    async def handler(request: Request, response: Response) -> str:
        return str(request.user.identity)

    answer = TestClient(app).get("/later", headers={"x-user": "ada"})
    assert (answer.text, answer.headers["x-later"], answer.headers["x-limit"]) == ("bob", "1", "7")


def test_a_backend_that_does_not_read_the_body_leaves_it_to_the_handler() -> None:
    app = app_with(Setting())

    @app.post("/")
    async def handler(request: Request, response: Response) -> Any:
        return await request.body()

    assert TestClient(app).post("/", content=b"abc").content == b"abc"


def test_the_credential_that_a_backend_verified_reaches_the_handler() -> None:
    class Certificate(AuthenticationBackend):
        async def authenticate(self, request: Request, response: Response) -> AuthResult:
            return AuthResult(True, "ada", "certificate", credential={"serial": 7})

    app = app_with(Certificate())

    @app.get("/")
    async def handler(request: Request, response: Response) -> Any:
        return request.credential

    assert TestClient(app).get("/").json() == {"serial": 7}


def test_a_backend_that_would_answer_at_once_and_cannot_lets_nobody_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Hasty(AuthenticationBackend):
        at_once = True

    client = TestClient(app_with(Hasty()))
    assert_problem(client.get("/guarded"), 503)
    assert client.get("/open").json() == {"user": "", "auth": None}
    assert "Hasty must define `find`, or leave at_once False" in caplog.text


@pytest.mark.parametrize("kept", [0, 1, 3, 10_000])
def test_however_many_tokens_are_kept_each_names_its_own_user(kept: int) -> None:
    client = TestClient(app_with(JWTAuthBackend(kept=kept), user_model=SimpleUser))
    tokens = {f"u{number}": create_jwt({"id": f"u{number}"}, secret=SECRET) for number in range(8)}
    for name, token in [*tokens.items(), *reversed(tokens.items()), *tokens.items()]:
        found = client.get("/guarded", headers={"authorization": f"Bearer {token}"})
        assert found.json() == {"user": name, "auth": "jwt"}
        assert client.get("/guarded", headers={"authorization": f"Bearer {token[:-1]}!"}).status_code == 401


def test_a_backend_may_be_asked_by_hand_outside_an_application() -> None:
    import anyio

    async def ask() -> Any:
        app = app_with(JWTAuthBackend())
        assert app.config.secret_keys
        token = create_jwt({"id": "ada"})
        scope = {"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]}
        return await JWTAuthBackend().authenticate(Request(scope), Response())

    result = anyio.run(ask)
    assert (result.success, result.identity, result.scope) == (True, "ada", "jwt")
    assert result.credential["id"] == "ada"
