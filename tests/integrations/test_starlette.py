"""`nexios.integrations.starlette`: guards on endpoints, classes, routers and mounts; one line sets it up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from nexios import MakeConfig
from nexios.auth import AuthenticationMiddleware, auth, has_permission
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.integrations.starlette import install, requires
from nexios.ratelimit import RateLimits, client_address, rate_limit
from nexios.session import SessionMiddleware
from nexios.stores import MemoryStore
from tests.integrations.parts import CONFIG, KEY, bearer, parts
from tests.parts import SECRET, Clock, Person, assert_problem

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


async def hello(request: Request) -> PlainTextResponse:
    ran.append(request.url.path)
    return PlainTextResponse(str(request.user.identity))


async def socket(websocket: WebSocket) -> None:
    ran.append("socket")
    await websocket.accept()
    await websocket.send_text(websocket.user.identity)
    await websocket.close()


@has_permission("write")
class Page(HTTPEndpoint):
    async def get(self, request: Request) -> PlainTextResponse:
        return await hello(request)


def host(**options: Any) -> Starlette:
    inner = Router([Route("/a", hello), WebSocketRoute("/ws", socket)])
    app = Starlette(
        routes=[
            Route("/function", auth()(hello)),
            Route("/class", Page),
            Mount("/router", app=requires("jwt")(inner)),
            Mount(
                "/mount",
                routes=[Route("/a", hello), WebSocketRoute("/ws", socket)],
                middleware=[Middleware(requires(permissions=["read", "write"]))],
            ),
            Route("/open", hello),
        ]
    )
    install(app, *parts(), config=CONFIG, **options)
    return app


GUARDED = ["/function", "/class", "/router/a", "/mount/a", "/router/nothing"]


@pytest.mark.parametrize("path", GUARDED)
def test_a_stranger_is_refused_by_a_problem_body(path: str) -> None:
    answer = TestClient(host()).get(path)
    assert_problem(answer, 401, "Authentication is required.")
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert ran == []


def test_who_may_gets_in() -> None:
    client = TestClient(host())
    for path in GUARDED[:-1]:
        assert client.get(path, headers=bearer()).text == "ada"
    assert client.get("/router/nothing", headers=bearer()).status_code == 404
    assert client.get("/open").text == ""
    ran.clear()
    assert [client.get(path, headers=bearer("bob")).status_code for path in ("/class", "/mount/a")] == [
        403
    ] * 2
    assert client.get("/router/a", headers={KEY: "bob's"}).status_code == 401
    assert ran == []


@pytest.mark.parametrize("path", ["/router/ws", "/mount/ws"])
def test_a_websocket_below_is_guarded_too(path: str) -> None:
    client = TestClient(host())
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(path):
        pass
    assert (refused.value.status_code, ran) == (401, [])
    with client.websocket_connect(path, headers=bearer()) as websocket:
        assert websocket.receive_text() == "ada"


def test_refusals_are_left_to_the_host_where_that_is_wanted() -> None:
    answer = TestClient(host(problems=False)).get("/function")
    assert (answer.status_code, answer.text) == (401, "Authentication is required.")
    assert answer.headers["content-type"].startswith("text/plain")


def test_the_settings_of_install_hold_within_requests() -> None:
    async def where(request: Request) -> PlainTextResponse:
        return PlainTextResponse(client_address(request.scope))

    app = Starlette(routes=[Route("/", where)])
    install(app, config=MakeConfig(secret_key=SECRET, trusted_proxies=["10.0.0.1"]))
    client = TestClient(app, client=("10.0.0.1", 1))
    assert client.get("/", headers={"X-Forwarded-For": "198.51.100.7"}).text == "198.51.100.7"


def test_a_limit_answers_with_its_headers() -> None:
    app = Starlette(routes=[Route("/", rate_limit("1/minute", by="ip")(hello))])
    install(app, *parts(), config=CONFIG)
    app.state.rate_limits = RateLimits(clock=Clock())
    client = TestClient(app)
    assert client.get("/").headers["RateLimit"] == '"1/minute by ip";r=0;t=60'
    assert_problem(client.get("/"), 429)


def test_the_first_middleware_is_the_outermost_and_the_wrong_order_is_told_at_once() -> None:
    async def enter(request: Request) -> PlainTextResponse:
        login(request, Person("ada"))
        return PlainTextResponse("in")

    app = Starlette(routes=[Route("/login", enter, methods=["POST"]), Route("/", auth("session")(hello))])
    install(app, *parts(), config=CONFIG)
    client = TestClient(app)
    client.post("/login")
    assert client.get("/").text == "ada"
    with pytest.raises(ConfigError, match="put SessionMiddleware"):
        install(Starlette(), *reversed(parts()), config=CONFIG)


class Shelf(MemoryStore):
    """A store that says what is done with it."""

    async def __aenter__(self) -> Any:
        ran.append("open")
        return await super().__aenter__()

    async def upgrade(self) -> None:
        ran.append("upgrade")
        await super().upgrade()

    async def __aexit__(self, *error: Any) -> None:
        ran.append("close")
        await super().__aexit__(*error)


def test_a_store_is_open_while_the_application_runs() -> None:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, int]]:
        ran.append("begin")
        yield {"pool": 7}
        ran.append("end")

    async def pool(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(request.state.pool))

    store = Shelf()
    app = Starlette(routes=[Route("/", pool)], lifespan=lifespan)
    install(
        app,
        SessionMiddleware(store=store),
        AuthenticationMiddleware(user_model=Person, backend=SessionAuthBackend()),
        config=CONFIG,
        store=store,
    )
    with TestClient(app) as client:
        assert client.get("/").text == "7"
        assert ran == ["open", "upgrade", "begin"]
    assert ran == ["open", "upgrade", "begin", "end", "close"]


class Away(Shelf):
    """A server that is not there when the application starts."""

    is_server = True

    async def upgrade(self) -> None:
        raise StoreUnavailable("the database does not answer")


def test_a_server_that_is_away_keeps_the_application_from_no_start() -> None:
    app = Starlette(routes=[Route("/open", hello), Route("/", auth()(hello))])
    install(app, *parts(), config=CONFIG, store=Away())
    with TestClient(app) as client:
        assert client.get("/open").status_code == 200
        assert client.get("/").status_code == 401
    assert ran[-1] == "close"


def test_a_guard_around_the_whole_application_refuses_as_one_within() -> None:
    app = Starlette(routes=[Route("/", hello)])
    install(app, *parts(), requires("jwt"), config=CONFIG)
    client = TestClient(app)
    assert_problem(client.get("/"), 401, "Authentication is required.")
    assert ran == []
    assert client.get("/", headers=bearer()).text == "ada"


def test_a_store_that_is_down_is_503() -> None:
    async def broken(request: Request) -> PlainTextResponse:
        raise StoreUnavailable("the database at db:5432 does not answer")

    app = Starlette(routes=[Route("/", broken)])
    install(app, config=CONFIG)
    answer = TestClient(app).get("/")
    assert_problem(answer, 503)
    assert "5432" not in answer.text


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        ((object(),), "Starlette or FastAPI"),
        ((Starlette(), SessionMiddleware), r"SessionMiddleware\(\.\.\.\), not a class"),
        ((Starlette(), "session"), "not a class"),
    ],
)
def test_wrong_arguments_are_told_at_once(arguments: tuple[Any, ...], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        install(*arguments)
    with pytest.raises(ConfigError, match="config is a MakeConfig"):
        install(Starlette(), config={})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="guards an ASGI app or router"):
        requires()(None)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"hello is a handler: decorate it with @auth\("):
        requires()(hello)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"write Middleware\(requires\("):
        TestClient(Starlette(middleware=[Middleware(requires)])).get("/")


def test_an_application_that_has_started_is_told() -> None:
    app = host()
    TestClient(app).get("/open")
    with pytest.raises(ConfigError, match="before its first request"):
        install(app, AuthenticationMiddleware(user_model=Person, backend=JWTAuthBackend()), config=CONFIG)
