"""The same middleware and guards inside Starlette."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware as TheirSessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, has_permission, public
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.session import SessionMiddleware
from tests.parts import OTHER_SECRET, SECRET, ByHeader, Person

CONFIG = MakeConfig(secret_key=SECRET)

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


def seen(request: Any) -> JSONResponse:
    ran.append(request.user.identity)
    return JSONResponse({"user": request.user.identity, "auth": request.scope["auth"]})


@auth()
async def asynchronous(request: Request) -> JSONResponse:
    return seen(request)


@auth()
def synchronous(request: Request) -> JSONResponse:
    return seen(request)


@has_permission("write")
@auth(scope="jwt")
async def permitted(request: Request) -> JSONResponse:
    return seen(request)


@auth()
class Endpoint(HTTPEndpoint):
    async def get(self, request: Request) -> JSONResponse:
        return seen(request)

    @public
    async def put(self, request: Request) -> JSONResponse:
        return seen(request)


class Methods(HTTPEndpoint):
    @auth()
    async def get(self, request: Request) -> JSONResponse:
        return seen(request)


@public
async def opened(request: Request) -> JSONResponse:
    return seen(request)


@auth()
async def socket(websocket: Any) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.user.identity)
    await websocket.close()


@auth()
class Socket(WebSocketEndpoint):
    async def on_connect(self, websocket: Any) -> None:
        await socket(websocket)


async def enter(request: Request) -> PlainTextResponse:
    login(request, Person("ada"))
    return PlainTextResponse("in")


async def leave(request: Request) -> PlainTextResponse:
    logout(request)
    return PlainTextResponse("out")


async def token(request: Request) -> PlainTextResponse:
    made = create_jwt({"id": "ada"}, expires_in=timedelta(minutes=5))
    return PlainTextResponse(made if decode_jwt(made)["id"] == "ada" else "")


ROUTES = [
    Route("/async", asynchronous),
    Route("/sync", synchronous),
    Route("/permitted", permitted),
    Route("/class", Endpoint),
    Route("/methods", Methods),
    Route("/open", opened),
    Route("/login", enter, methods=["POST"]),
    Route("/logout", leave, methods=["POST"]),
    Route("/token", token),
    WebSocketRoute("/socket", socket),
    WebSocketRoute("/socket-class", Socket),
]


def app_of_lines() -> Starlette:
    app = Starlette(routes=list(ROUTES))
    # In Starlette the one added last is the outermost.
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=Person, backends=[JWTAuthBackend(), SessionAuthBackend()], config=CONFIG
        )
    )
    app.add_middleware(SessionMiddleware(config=CONFIG))
    return app


def app_of_list() -> Starlette:
    recipe = AuthenticationMiddleware(
        user_model=Person, backends=[JWTAuthBackend(), SessionAuthBackend()], config=CONFIG
    )
    middleware = [Middleware(SessionMiddleware(config=CONFIG)), Middleware(recipe)]
    return Starlette(routes=list(ROUTES), middleware=middleware)


@pytest.fixture(params=[app_of_lines, app_of_list], ids=["add_middleware", "middleware="])
def client(request: pytest.FixtureRequest) -> TestClient:
    return TestClient(request.param())


def bearer(identity: str = "ada") -> dict[str, str]:
    return {"authorization": f"Bearer {create_jwt({'id': identity}, secret=SECRET)}"}


@pytest.mark.parametrize("path", ["/async", "/sync", "/permitted", "/class", "/methods"])
def test_a_guard_refuses_strangers_with_a_challenge(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="api"')
    assert answer.text == "Authentication is required."
    wrong = client.get(path, headers={"authorization": "Bearer x"})
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]
    assert ran == []


@pytest.mark.parametrize("path", ["/async", "/sync", "/permitted", "/class", "/methods"])
def test_a_valid_credential_lets_in(client: TestClient, path: str) -> None:
    assert client.get(path, headers=bearer()).json() == {"user": "ada", "auth": "jwt"}


def test_the_lifespan_passes_by_and_the_stack_serves_after_it(client: TestClient) -> None:
    with client:
        assert client.get("/async", headers=bearer()).status_code == 200


def test_a_missing_permission_is_a_403(client: TestClient) -> None:
    answer = client.get("/permitted", headers=bearer("bob"))
    assert (answer.status_code, answer.text) == (403, "You do not have the permission that this needs.")
    assert ran == []


def test_what_has_no_guard_or_is_public_sees_a_stranger(client: TestClient) -> None:
    assert client.get("/open").json() == {"user": "", "auth": None}
    assert client.put("/class").json() == {"user": "", "auth": None}
    assert client.get("/open", headers=bearer()).json() == {"user": "ada", "auth": "jwt"}


def test_login_and_logout_work(client: TestClient) -> None:
    assert client.post("/login").text == "in"
    cookie = client.cookies["session"]
    assert client.get("/async").json() == {"user": "ada", "auth": "session"}
    assert client.get("/permitted").status_code == 401
    assert client.post("/logout").text == "out"
    assert client.get("/async", headers={"cookie": f"session={cookie}"}).status_code == 401


def test_a_token_is_signed_with_the_middlewares_settings(client: TestClient) -> None:
    NexiosApp(config=MakeConfig(secret_key=OTHER_SECRET))
    made = client.get("/token").text
    assert decode_jwt(made, secret=SECRET)["id"] == "ada"


@pytest.mark.parametrize("path", ["/socket", "/socket-class"])
def test_a_websocket_is_refused_before_it_is_accepted(client: TestClient, path: str) -> None:
    with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect(path):
        pass
    assert denied.value.status_code == 401
    with client.websocket_connect(path, headers=bearer()) as websocket:
        assert websocket.receive_text() == "ada"


def test_the_hosts_own_exception_handlers_answer_the_refusal() -> None:
    async def page(request: Request, error: Any) -> PlainTextResponse:
        return PlainTextResponse(f"page {error.status_code}", error.status_code, headers=error.headers)

    app = Starlette(routes=list(ROUTES), exception_handlers={401: page})
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader()))
    answer = TestClient(app).get("/async")
    assert (answer.status_code, answer.text) == (401, "page 401")
    assert answer.headers["www-authenticate"] == 'Custom realm="api"'


def test_without_the_middleware_nobody_gets_in() -> None:
    client = TestClient(Starlette(routes=list(ROUTES)), raise_server_exceptions=False)
    for path in ("/async", "/sync", "/class", "/methods"):
        assert client.get(path, headers=bearer()).status_code == 500
    assert ran == []


def test_starlettes_own_sessions_cannot_be_logged_into(caplog: pytest.LogCaptureFixture) -> None:
    app = Starlette(routes=list(ROUTES))
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=SessionAuthBackend()))
    app.add_middleware(TheirSessionMiddleware, secret_key=SECRET)
    with pytest.raises(Exception, match=r"login and logout need nexios\.session\.SessionMiddleware"):
        TestClient(app).post("/login")


def test_a_nexios_application_may_be_mounted_in_starlette() -> None:
    inner = NexiosApp()

    @inner.get("/who", name="who")
    @auth()
    async def who(request: Any, response: Any) -> dict[str, str]:
        return {"user": request.user.identity, "url": str(request.url_for("inner:who"))}

    app = Starlette(routes=[Mount("/inner", app=inner, name="inner")])
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader()))
    client = TestClient(app)
    answer = client.get("/inner/who")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert client.get("/inner/who", headers={"x-user": "ada"}).json() == {
        "user": "ada",
        "url": "http://testserver/inner/who",
    }


def test_a_simple_user_needs_no_model() -> None:
    app = Starlette(routes=[Route("/", asynchronous)])
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=ByHeader()))
    assert TestClient(app).get("/", headers={"x-user": "anybody"}).json()["user"] == "anybody"
