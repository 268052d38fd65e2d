"""Other ASGI applications below a path."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Route, Router
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, public
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.exceptions import ConfigError
from nexios.http import WebSocket
from tests.parts import OTHER_SECRET, SECRET, app_for, assert_problem


async def echo(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse(f"{scope.get('root_path')} {scope['path']}")(scope, receive, send)


def inner() -> NexiosApp:
    app = NexiosApp()

    @app.get("/thing")
    async def thing(request: Request, response: Response) -> dict[str, Any]:
        return {"url": str(request.url), "root": request.scope["root_path"]}

    @app.get("/who")
    async def who(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity, "auth": request.auth}

    @app.get("/link")
    async def link(request: Request, response: Response) -> str:
        return str(request.url_for("sub:thing"))

    return app


def guarded_inner() -> NexiosApp:
    app = inner()

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    @app.websocket_route("/socket")
    @auth()
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.user.identity)
        await websocket.close()

    return app


@pytest.mark.parametrize("path", ["/sub", "/sub/"])
def test_every_request_below_the_path_is_the_other_applications(path: str) -> None:
    app = NexiosApp()
    app.mount(path, inner())
    client = TestClient(app)
    assert client.get("/sub/thing").json() == {"url": "http://testserver/sub/thing", "root": "/sub"}
    assert_problem(client.get("/sub/nowhere"), 404)
    assert_problem(client.get("/subway"), 404)
    assert_problem(client.post("/sub/thing"), 405)


@pytest.mark.parametrize("path", ["", "/"])
def test_an_application_mounted_at_the_root_gets_what_no_route_has(path: str) -> None:
    app = NexiosApp()

    @app.get("/own")
    async def own(request: Request, response: Response) -> str:
        return "own"

    app.mount(path, echo)
    client = TestClient(app)
    assert client.get("/own").text == "own"
    assert client.get("/else/where").text == " /else/where"


def test_the_path_of_a_mount_may_have_parameters() -> None:
    app, below = NexiosApp(), NexiosApp()

    @below.get("/members/{name}")
    async def member(request: Request, response: Response) -> dict[str, Any]:
        return request.path_params

    app.mount("/teams/{team:int}", below)
    assert TestClient(app).get("/teams/3/members/ada").json() == {"team": 3, "name": "ada"}


def test_mounts_may_be_nested() -> None:
    outer, middle = NexiosApp(), NexiosApp()
    middle.mount("/b", inner())
    outer.mount("/a", middle)
    assert TestClient(outer).get("/a/b/thing").json()["root"] == "/a/b"


def test_names_inside_a_mount_are_those_of_the_outermost_application() -> None:
    app = NexiosApp()
    app.mount("/below", inner(), name="sub")
    assert app.url_path_for("sub:thing") == "/below/thing"
    assert TestClient(app).get("/below/link").text == "http://testserver/below/thing"


def test_a_starlette_application_may_be_mounted_with_its_own_error_pages() -> None:
    async def broken(request: Any) -> PlainTextResponse:
        raise HTTPException(418, "teapot")

    app = NexiosApp()
    app.mount("/sub", Starlette(routes=[Route("/broken", broken)]))
    client = TestClient(app)
    answer = client.get("/sub/broken")
    assert (answer.status_code, answer.text) == (418, "teapot")
    assert client.get("/sub/nowhere").text == "Not Found"


def test_an_error_that_a_mounted_application_leaves_is_answered_here() -> None:
    async def broken(request: Any) -> PlainTextResponse:
        raise HTTPException(418, "teapot")

    app = NexiosApp()
    app.mount("/sub", Router([Route("/broken", broken)]))
    client = TestClient(app)
    assert_problem(client.get("/sub/broken"), 418, "teapot")
    assert_problem(client.get("/sub/nowhere"), 404)


def test_an_error_after_the_answer_has_begun_is_raised() -> None:
    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    app = NexiosApp()
    app.mount("/sub", half)
    with pytest.raises(RuntimeError, match="half way"):
        TestClient(app).get("/sub/")


@pytest.mark.parametrize("path", ["/sub/thing", "/sub/who"])
def test_a_guard_around_a_mounted_application_guards_all_of_it(path: str) -> None:
    app = app_for()
    app.mount("/sub", auth()(guarded_inner()), name="sub")
    client = TestClient(app)
    answer = client.get(path)
    assert_problem(answer, 401, "Authentication is required.")
    assert answer.headers["www-authenticate"] == 'Custom realm="api"'
    assert client.get(path, headers={"x-user": "ada"}).status_code == 200
    assert app.url_path_for("sub:thing") == "/sub/thing"
    with client.websocket_connect("/sub/socket", headers={"x-user": "ada"}) as websocket:
        assert websocket.receive_text() == "ada"


def test_the_middleware_outside_serves_the_guards_inside() -> None:
    app = app_for()
    app.mount("/sub", guarded_inner())
    client = TestClient(app)
    assert_problem(client.get("/sub/guarded"), 401)
    assert client.get("/sub/guarded", headers={"x-user": "ada"}).json() == {"user": "ada"}
    assert client.get("/sub/who").json() == {"user": "", "auth": None}
    with client.websocket_connect("/sub/socket", headers={"x-user": "bob"}) as websocket:
        assert websocket.receive_text() == "bob"


def test_a_mounted_application_has_its_own_backends_users_and_secret() -> None:
    outer = app_for()
    below = NexiosApp(config=MakeConfig(secret_key=OTHER_SECRET))
    below.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend()))

    @below.get("/me")
    @auth("jwt")
    async def me(request: Request, response: Response) -> str:
        return f"{request.user.identity} {create_jwt({'id': '8'})}"

    outer.mount("/sub", below)

    @outer.get("/me")
    @auth("header")
    async def outside(request: Request, response: Response) -> str:
        return f"{request.user.identity} {create_jwt({'id': '9'})}"

    client = TestClient(outer)
    inside = {"authorization": f"Bearer {create_jwt({'id': '7'}, secret=OTHER_SECRET)}"}
    strange = {"authorization": f"Bearer {create_jwt({'id': '7'}, secret=SECRET)}", "x-user": "ada"}
    identity, token = client.get("/sub/me", headers=inside).text.split()
    assert (identity, decode_jwt(token, secret=OTHER_SECRET)["id"]) == ("7", "8")
    assert client.get("/sub/me", headers=strange).status_code == 401
    assert client.get("/me", headers=inside).status_code == 401
    identity, token = client.get("/me", headers=strange).text.split()
    assert (identity, decode_jwt(token, secret=SECRET)["id"]) == ("ada", "9")


def test_require_auth_holds_for_mounted_applications() -> None:
    app = app_for(require_auth=True)
    app.mount("/sub", echo)
    app.mount("/open", public(inner()))
    client = TestClient(app)
    assert_problem(client.get("/sub/x"), 401)
    assert client.get("/sub/x", headers={"x-user": "ada"}).text == "/sub /sub/x"
    assert client.get("/open/thing").status_code == 200


def test_mount_takes_an_asgi_application() -> None:
    with pytest.raises(ConfigError, match="mount takes an ASGI app, not str"):
        NexiosApp().mount("/sub", "app")
