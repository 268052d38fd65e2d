"""Sessions in a store, in Starlette and FastAPI."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from nexios import MakeConfig
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.session import SessionMiddleware
from tests.parts import SECRET, Person
from tests.session.sources import stored_only
from tests.session.watching import WatchedStore

pytestmark = stored_only


async def enter(request: Request) -> JSONResponse:
    login(request, Person("ada"))
    return JSONResponse({})


async def leave(request: Request) -> JSONResponse:
    logout(request)
    return JSONResponse({})


async def fail(request: Request) -> JSONResponse:
    logout(request)
    raise RuntimeError("after that")


async def show(request: Request) -> JSONResponse:
    return JSONResponse(dict(request.session))


async def health(request: Request) -> JSONResponse:
    return JSONResponse({"up": True})


@auth()
async def me(request: Request) -> JSONResponse:
    return JSONResponse({"user": request.user.identity})


HANDLERS = {"/login": enter, "/logout": leave, "/fail": fail, "/session": show, "/health": health, "/me": me}


def _starlette(session: Any, authentication: Any) -> Starlette:
    routes = [Route(path, handler, methods=["GET", "POST"]) for path, handler in HANDLERS.items()]
    return Starlette(routes=routes, middleware=[Middleware(session), Middleware(authentication)])


def _fastapi(session: Any, authentication: Any) -> FastAPI:
    app = FastAPI(middleware=[Middleware(session), Middleware(authentication)])
    for path, handler in HANDLERS.items():
        app.add_route(path, handler, methods=["GET", "POST"])
    return app


@pytest.mark.parametrize("host", [_starlette, _fastapi], ids=["starlette", "fastapi"])
def test_sessions_in_a_store_work_in_other_hosts(host: Any) -> None:
    store = WatchedStore()
    app = host(
        SessionMiddleware(store=store),
        AuthenticationMiddleware(
            user_model=Person, backend=SessionAuthBackend(), config=MakeConfig(secret_key=SECRET)
        ),
    )
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/me").status_code == 401
    assert client.post("/login").status_code == 200
    cookie = {"cookie": f"session={client.cookies['session']}"}
    assert client.get("/me").json() == {"user": "ada"}

    store.down = {"*"}
    assert client.get("/health").json() == {"up": True}
    assert [client.get(path).status_code for path in ("/session", "/me")] == [503, 503]
    assert client.post("/logout").status_code == 503
    store.down = {"end_session"}
    assert client.post("/logout").status_code == 503
    store.down = set()
    assert client.get("/me").json() == {"user": "ada"}

    # What fails is answered outside of our middleware, by when the session is over all the same.
    assert client.post("/fail").status_code == 500
    client.cookies.clear()
    assert client.get("/me", headers=cookie).status_code == 401
    assert store._sessions == {}
