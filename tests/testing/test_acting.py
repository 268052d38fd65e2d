"""Acting as somebody: in tests, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, UnauthenticatedUser, auth, has_permission
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.exceptions import ConfigError
from nexios.http import WebSocket
from nexios.session import SessionMiddleware
from nexios.testing import AsyncTestClient, TestClient, acting
from tests.parts import SECRET, ByHeader, Person


@pytest.fixture
def app() -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(GZipMiddleware)
    app.add_middleware(SessionMiddleware())
    app.add_middleware(
        AuthenticationMiddleware(user_model=Person, backends=[JWTAuthBackend(), SessionAuthBackend()])
    )

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        return {
            "user": request.user.identity,
            "auth": request.scope["auth"],
            "credential": request.credential,
            "app": request.app is app,
        }

    @app.get("/written")
    @has_permission("write")
    async def written(request: Request, response: Response) -> str:
        return "written"

    @app.get("/by-session")
    @auth(scope="session")
    def by_session(request: Request, response: Response) -> str:
        return "session"

    @app.get("/open")
    async def opened(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    @app.post("/login")
    async def enter(request: Request, response: Response) -> None:
        login(request, Person("cy"))

    @app.post("/logout")
    async def leave(request: Request, response: Response) -> dict[str, Any]:
        logout(request)
        return {"user": request.user.identity}

    @app.websocket_route("/socket")
    @auth()
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.user.identity)
        await websocket.close()

    return app


def test_a_client_acts_as_somebody(app: NexiosApp) -> None:
    ada = TestClient(app).acting_as("ada")
    assert ada.get("/me").json() == {"user": "ada", "auth": "jwt", "credential": None, "app": True}
    assert ada.get("/written").status_code == 200
    assert ada.get("/open").json() == {"user": "ada"}


def test_everybody_else_is_who_they_were(app: NexiosApp) -> None:
    client = TestClient(app)
    ada, bob = client.acting_as("ada"), client.acting_as("bob")
    assert ada.get("/me").json()["user"] == "ada"
    assert client.get("/me").status_code == 401
    assert bob.get("/me").json()["user"] == "bob"
    assert client.get("/open").json() == {"user": ""}
    assert ada.acting_as("cy").get("/me").json()["user"] == "cy"
    assert ada.get("/me").json()["user"] == "ada"


def test_no_request_and_no_scope_leads_to_it(app: NexiosApp) -> None:
    """What a client, or a server in front, may put into a request changes nothing."""
    TestClient(app).acting_as("ada").get("/me")

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        planted = {"nexios.testing.user": Person("ada"), "user": Person("ada"), "auth": "jwt"}
        await app({**scope, **planted} if scope["type"] == "http" else scope, receive, send)

    headers = {"nexios.testing.user": "ada", "x-acting-as": "ada"}
    assert TestClient(outer).get("/me", headers=headers).status_code == 401
    assert TestClient(outer).get("/open", headers=headers).json() == {"user": ""}


def test_permissions_narrow_what_the_user_may(app: NexiosApp) -> None:
    client = TestClient(app)
    assert client.acting_as("ada", permissions={"read"}).get("/written").status_code == 403
    assert client.acting_as("ada", permissions={"write"}).get("/written").status_code == 200
    assert client.acting_as("bob", permissions={"write"}).get("/written").status_code == 403
    assert client.acting_as("ada", permissions=()).get("/written").status_code == 403


def test_the_scope_is_one_of_the_backends(app: NexiosApp) -> None:
    client = TestClient(app)
    assert client.acting_as("ada").get("/by-session").status_code == 401
    session = client.acting_as("ada", scope="session")
    assert session.get("/by-session").text == "session"
    assert session.get("/me").json()["auth"] == "session"
    with pytest.raises(ConfigError, match="'jwt', 'session'"):
        client.acting_as("ada", scope="jtw")


def test_a_user_of_ones_own_and_a_credential(app: NexiosApp) -> None:
    client = TestClient(app).acting_as(SimpleUser("eve", permissions=["write"]), credential={"jti": "1"})
    assert client.get("/me").json() == {"user": "eve", "auth": "jwt", "credential": {"jti": "1"}, "app": True}
    assert client.get("/written").status_code == 200


def test_a_websocket_acts_too(app: NexiosApp) -> None:
    with TestClient(app).acting_as("bob").websocket_connect("/socket") as socket:
        assert socket.receive_text() == "bob"


def test_login_and_logout_work_within(app: NexiosApp) -> None:
    client = TestClient(app).acting_as("ada", scope="session")
    assert client.post("/login").status_code == 204
    assert client.post("/logout").json() == {"user": ""}
    assert client.get("/me").json()["user"] == "ada"


def test_somebody_whom_load_user_does_not_know_fails_the_test(app: NexiosApp) -> None:
    with pytest.raises(LookupError, match="'eve'"):
        TestClient(app).acting_as("eve").get("/open")


def test_it_asks_the_application_that_was_started(app: NexiosApp) -> None:
    app.on_startup(lambda: setattr(app.state, "begun", getattr(app.state, "begun", 0) + 1))

    @app.get("/begun")
    async def begun(request: Request, response: Response) -> dict[str, int]:
        return {"begun": request.app.state.begun}

    with TestClient(app) as client:
        ada = client.acting_as("ada")
        assert ada.portal is client.portal
        assert ada.get("/begun").json() == client.get("/begun").json() == {"begun": 1}


@pytest.mark.anyio
async def test_an_async_client_acts_as_somebody(app: NexiosApp) -> None:
    async with AsyncTestClient(app) as client, client.acting_as("ada", scope="session") as ada:
        assert (await ada.get("/by-session")).text == "session"
        assert (await client.get("/by-session")).status_code == 401


@pytest.mark.parametrize("host", [Starlette, FastAPI])
def test_other_hosts_too(host: Any) -> None:
    app = host()
    config = MakeConfig(secret_key=SECRET)
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=JWTAuthBackend(), config=config))

    @auth()
    async def me(request: StarletteRequest) -> JSONResponse:
        return JSONResponse({"user": request.user.identity, "app": request.app is app})

    app.router.add_route("/me", me)
    client = TestClient(app)
    assert client.acting_as("ada").get("/me").json() == {"user": "ada", "app": True}
    assert client.get("/me").status_code == 401


def wrapped(app: NexiosApp) -> Any:
    """A middleware that does not say what it wraps."""

    def middleware(inner: Any) -> Any:
        async def call(scope: Any, receive: Any, send: Any) -> None:
            await inner(scope, receive, send)

        return call

    outer = NexiosApp()
    outer.add_middleware(middleware)
    outer.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader()))
    return outer


WRONG: dict[str, Any] = {
    "nobody": (lambda app: acting(app, UnauthenticatedUser()), TypeError, "authenticated"),
    "empty": (lambda app: acting(app, ""), TypeError, "identity"),
    "a number": (lambda app: acting(app, 7), TypeError, "int"),
    "one text": (lambda app: acting(app, "ada", permissions="read"), TypeError, "permissions="),
    "no middleware": (lambda app: acting(NexiosApp(), "ada"), ConfigError, "AuthenticationMiddleware"),
    "hidden": (lambda app: acting(wrapped(app), "ada"), ConfigError, "attribute `app`"),
}


@pytest.mark.parametrize(("wrong", "error", "mend"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_use_says_the_mend(app: NexiosApp, wrong: Any, error: type[Exception], mend: str) -> None:
    with pytest.raises(error, match=mend):
        wrong(app)


def test_a_backend_without_a_scope_wants_it_said() -> None:
    app = NexiosApp()
    backend = ByHeader()
    backend.scope = None  # type: ignore[assignment]
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=backend))
    with pytest.raises(ConfigError, match="scope="):
        acting(app, "ada")
    acting(app, "ada", scope="mine")
