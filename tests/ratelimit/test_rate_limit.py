"""`@rate_limit`: a handler answers only so often, and says how it stands."""

from __future__ import annotations

import inspect
import logging
import time
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import auth, has_permission, public
from nexios.events import LimitReached
from nexios.exceptions import ConfigError
from nexios.http import WebSocket
from nexios.ratelimit import RateLimits, rate_limit
from tests.parts import Clock, app_for, assert_problem
from tests.ratelimit.servers import nobody_there, silent_server

DETAIL = "There were too many requests. Try again later."

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


def limited_app(*decorators: Any, **settings: Any) -> NexiosApp:
    """An application with one route `/`, decorated from the outermost."""
    app = app_for(**settings)

    async def index(request: Request, response: Response) -> dict[str, str]:
        ran.append(request.user.identity)
        return {"hello": request.user.display_name}

    for decorate in reversed(decorators):
        index = decorate(index)
    app.get("/")(index)
    return app


def as_(user: str) -> dict[str, str]:
    return {"X-User": user}


def statuses(client: TestClient, times: int, **asked: Any) -> list[int]:
    return [client.get("/", **asked).status_code for _ in range(times)]


def test_beyond_the_limit_the_answer_is_429_and_the_handler_does_not_run() -> None:
    clock = Clock()
    app = limited_app(rate_limit("2/minute", by="ip"))
    app.state.rate_limits = RateLimits(clock=clock)
    client = TestClient(app)
    assert statuses(client, 2) == [200, 200]
    clock.turn(seconds=20)

    refused = client.get("/")

    assert_problem(refused, 429, DETAIL)
    assert refused.headers["Retry-After"] == "40"
    assert refused.headers["RateLimit-Policy"] == '"2/minute by ip";q=2;w=60'
    assert refused.headers["RateLimit"] == '"2/minute by ip";r=0;t=40'
    assert len(ran) == 2
    clock.turn(seconds=40)
    assert client.get("/").status_code == 200


def test_an_answer_says_how_many_are_left() -> None:
    clock = Clock()
    app = limited_app(rate_limit("5/minute; 100/day", by="ip"))
    app.state.rate_limits = RateLimits(clock=clock)
    answer = TestClient(app).get("/")
    assert answer.headers["RateLimit-Policy"] == '"5/minute by ip";q=5;w=60, "100/day by ip";q=100;w=86400'
    assert answer.headers["RateLimit"] == '"5/minute by ip";r=4;t=60, "100/day by ip";r=99;t=86400'
    assert "Retry-After" not in answer.headers


def test_limits_stack_and_each_says_how_it_stands() -> None:
    client = TestClient(limited_app(rate_limit("3/minute", by="ip"), rate_limit("2/minute", by="user")))
    answer = client.get("/", headers=as_("ada"))
    assert answer.headers["RateLimit-Policy"] == '"2/minute by user";q=2;w=60, "3/minute by ip";q=3;w=60'
    assert statuses(client, 2, headers=as_("ada")) == [200, 429]
    assert statuses(client, 1, headers=as_("bob")) == [429]


def test_by_user_each_user_has_the_whole_limit_and_strangers_share_an_address() -> None:
    client = TestClient(limited_app(rate_limit("1/minute", by="user")))
    for headers in (as_("ada"), as_("bob"), {}):
        assert statuses(client, 2, headers=headers) == [200, 429]
    # A credential that is refused is no other stranger.
    assert statuses(client, 1, headers=as_("-")) == [429]
    elsewhere = TestClient(client.app, client=("198.51.100.7", 1))
    assert statuses(elsewhere, 2) == [200, 429]


def test_by_address_an_ipv6_household_counts_as_one() -> None:
    app = limited_app(rate_limit("1/minute", by="ip"))
    for address, status in [
        ("2001:db8::1", 200),
        ("2001:db8::ffff:1", 429),
        ("2001:db8:0:1::1", 200),
        ("198.51.100.1", 200),
        ("::ffff:198.51.100.1", 429),
        ("198.51.100.2", 200),
    ]:
        assert statuses(TestClient(app, client=(address, 1)), 1) == [status], address


def test_by_credential_two_tokens_of_one_user_count_apart() -> None:
    from nexios.auth import AuthenticationMiddleware
    from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
    from tests.parts import SECRET, Person

    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=JWTAuthBackend()))

    @app.get("/")
    @rate_limit("1/minute", by="credential")
    async def index(request: Request, response: Response) -> None: ...

    client = TestClient(app)
    for claims in ({"jti": "a"}, {"jti": "b"}, {}):
        headers = {"Authorization": f"Bearer {create_jwt({'id': 'ada', **claims}, SECRET)}"}
        assert statuses(client, 2, headers=headers) == [204, 429]
    # Without a name of their own, a user's tokens count together: a new one is no way around.
    later = {"Authorization": f"Bearer {create_jwt({'id': 'ada', 'n': 1}, SECRET)}"}
    assert statuses(client, 1, headers=later) == [429]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_by_a_function_of_the_request(asynchronous: bool) -> None:
    def tenant(request: Request) -> str | None:
        return request.headers.get("X-Tenant")

    async def tenant_later(request: Request) -> str | None:
        return tenant(request)

    app = limited_app(rate_limit("1/minute", by=tenant_later if asynchronous else tenant))
    client = TestClient(app)
    answer = client.get("/", headers={"X-Tenant": "a"})
    name = "tenant_later" if asynchronous else "tenant"
    assert answer.headers["RateLimit-Policy"] == f'"1/minute by {name}";q=1;w=60'
    assert statuses(client, 1, headers={"X-Tenant": "a"}) == [429]
    assert statuses(client, 1, headers={"X-Tenant": "b"}) == [200]
    # Whoever leaves it out is counted by address, and not let through.
    assert statuses(client, 2) == [200, 429]
    assert statuses(client, 1, headers={"X-Tenant": ""}) == [429]


@pytest.mark.parametrize("answer", [1.5, b"bytes", ["a"], True])
def test_a_function_that_names_nobody_lets_nobody_in(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    client = TestClient(limited_app(rate_limit("9/minute", by=lambda request: answer)))
    assert_problem(client.get("/"), 500)
    assert ran == []
    assert "return a text that names whose request it is" in caplog.text


def test_a_function_that_fails_lets_nobody_in() -> None:
    def by(request: Request) -> str:
        raise RuntimeError("no tenant")

    client = TestClient(limited_app(rate_limit("9/minute", by=by)))
    assert_problem(client.get("/"), 500)
    assert ran == []


@pytest.mark.parametrize("guard_outside", [True, False])
def test_guards_are_asked_first_in_either_order(guard_outside: bool) -> None:
    decorators = [has_permission("write"), rate_limit("2/minute", by="ip")]
    client = TestClient(limited_app(*(decorators if guard_outside else decorators[::-1])))
    assert statuses(client, 3) == [401] * 3
    assert statuses(client, 3, headers=as_("bob")) == [403] * 3
    assert statuses(client, 3, headers=as_("ada")) == [200, 200, 429]
    # Even once the limit is reached, a stranger learns nothing but that it is one.
    assert statuses(client, 1) == [401]
    assert ran == ["ada", "ada"]


@pytest.mark.parametrize("outside", [True, False])
def test_a_limit_leaves_a_route_as_guarded_or_public_as_it_was(outside: bool) -> None:
    for mark, guarded in ((auth(scope="header"), True), (public, False)):
        decorators = [mark, rate_limit("1/minute", by="ip")]
        app = limited_app(*(decorators if outside else decorators[::-1]), require_auth=True)
        row = app.routes_table()[0]
        assert (row.guarded, row.public) == (guarded, not guarded)
        headers = as_("ada") if guarded else {}
        assert statuses(TestClient(app), 2, headers=headers) == [200, 429]
    open_app = limited_app(rate_limit("1/minute", by="ip"), require_auth=True)
    assert statuses(TestClient(open_app), 1) == [401]


def test_a_sync_handler_and_methods_of_classes_are_limited() -> None:
    app = app_for()

    @app.get("/sync")
    @rate_limit("1/minute", by="ip")
    def sync(request: Request, response: Response) -> str:
        return "sync"

    @app.route("/class")
    class Page:
        @rate_limit("1/minute", by="ip")
        async def get(self, request: Request, response: Response) -> str:
            return "got"

        @rate_limit("2/minute", by="ip")
        def post(self, request: Request, response: Response) -> str:
            return "posted"

    client = TestClient(app)
    assert [client.get("/sync").status_code for _ in range(2)] == [200, 429]
    assert [client.get("/class").status_code for _ in range(2)] == [200, 429]
    assert [client.post("/class").status_code for _ in range(3)] == [200, 200, 429]


def test_a_handler_keeps_its_name_and_signature() -> None:
    def order(request: Request, response: Response, number: int) -> None:
        """One order."""

    limited = rate_limit("1/minute")(order)
    assert (limited.__name__, limited.__doc__) == ("order", "One order.")
    assert inspect.signature(limited) == inspect.signature(order)


def test_a_path_parameter_reaches_a_limited_handler() -> None:
    app = app_for()

    @app.get("/orders/{number:int}")
    @rate_limit("2/minute", by=lambda request: request.path_params["number"])
    async def order(request: Request, response: Response, number: int) -> dict[str, int]:
        return {"number": number}

    client = TestClient(app)
    assert [client.get("/orders/7").json().get("number") for _ in range(3)] == [7, 7, None]
    assert client.get("/orders/8").json() == {"number": 8}


def test_handlers_count_apart_unless_their_limits_share_a_name() -> None:
    app = app_for()
    for path in ("/a", "/b"):

        @app.get(path)
        @rate_limit("1/minute", by="ip", name="both")
        async def both(request: Request, response: Response) -> None: ...

    @app.get("/c")
    @rate_limit("1/minute", by="ip")
    async def alone(request: Request, response: Response) -> None: ...

    client = TestClient(app)
    assert [client.get(path).status_code for path in ("/a", "/b", "/c")] == [204, 429, 204]


def test_applications_count_apart() -> None:
    one, other = (limited_app(rate_limit("1/minute", by="ip", name="same")) for _ in range(2))
    assert statuses(TestClient(one), 2) == [200, 429]
    assert statuses(TestClient(other), 2) == [200, 429]


def test_counters_of_ones_own_are_used_where_they_are_given() -> None:
    shared = RateLimits()
    apps = [limited_app(rate_limit("1/minute", by="ip", name="same", limits=shared)) for _ in range(2)]
    assert [TestClient(app).get("/").status_code for app in apps] == [200, 429]


def test_a_websocket_beyond_the_limit_is_refused_before_it_is_accepted() -> None:
    app = app_for()
    app.state.rate_limits = RateLimits(clock=Clock())

    @app.websocket_route("/ws")
    @rate_limit("1/minute", by="ip")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    client = TestClient(app)
    with client.websocket_connect("/ws"):
        pass
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/ws"):
        pass
    assert refused.value.status_code == 429
    assert refused.value.headers["Retry-After"] == "60"


@pytest.mark.parametrize("kind", ["absent", "silent"])
def test_where_redis_is_dead_the_answer_is_503_in_time(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with silent_server() as silent:
        url = silent if kind == "silent" else nobody_there()
        client = TestClient(limited_app(rate_limit("9/minute", by="ip"), rate_limit_url=url))
        began = time.monotonic()
        answer = client.get("/")
        assert time.monotonic() - began < 2
    assert_problem(answer, 503)
    assert ran == []
    assert "does not answer" in caplog.text
    assert "s3cret" not in caplog.text + answer.text


def test_who_listens_hears_of_a_limit_that_is_reached() -> None:
    app = limited_app(rate_limit("1/minute", by="user"))
    heard: list[Any] = []
    app.events.tap(LimitReached)(heard.append)
    client = TestClient(app, client=("198.51.100.7", 1))
    statuses(client, 2, headers=as_("ada"))
    assert [(event.limit, event.by, event.identity, event.scope, event.address) for event in heard] == [
        ("1/minute", "user", "ada", "header", "198.51.100.7")
    ]


def test_the_counters_url_is_a_secret_and_checked_at_once(caplog: pytest.LogCaptureFixture) -> None:
    assert "s3cret" not in repr(MakeConfig(rate_limit_url="redis://:s3cret@localhost/0"))
    for url in ("memcached://:s3cret@h", "redis", "", 7):
        with pytest.raises(ConfigError, match="rate_limit_url") as refused:
            MakeConfig(rate_limit_url=url)  # type: ignore[arg-type]
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        ({"limit": "10/fortnight"}, '"10/minute"'),
        ({"limit": 10}, '"10/minute"'),
        ({"limit": None}, '"10/minute"'),
        ({"limit": lambda request: None}, r'@rate_limit\("10/minute"\)'),
        ({"limit": "1/minute", "by": "address"}, "'user', 'ip', 'credential'"),
        ({"limit": "1/minute", "by": None}, "'user', 'ip', 'credential'"),
        ({"limit": "1/minute", "name": ""}, "name is a text"),
        ({"limit": "1/minute", "limits": "redis://h"}, r"RateLimits\(\.\.\.\)"),
    ],
)
def test_wrong_arguments_are_told_when_the_module_is_read(arguments: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        rate_limit(**arguments)


def test_a_limit_in_the_wrong_place_is_told_when_the_module_is_read() -> None:
    app = app_for()

    @app.get("/")
    async def routed(request: Request, response: Response) -> None: ...

    with pytest.raises(ConfigError, match="above the route's decorator"):
        rate_limit("1/minute")(routed)
    with pytest.raises(ConfigError, match="add a parameter `request`"):
        rate_limit("1/minute")(lambda: None)
    with pytest.raises(ConfigError, match="on the methods that answer"):
        rate_limit("1/minute")(type("Page", (), {}))
    with pytest.raises(ConfigError, match="decorates a handler"):
        rate_limit("1/minute")(7)  # type: ignore[type-var]


@pytest.mark.parametrize("by", ["user", "credential"])
def test_by_user_without_the_middleware_says_what_is_missing(
    by: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = NexiosApp()
    caplog.set_level(logging.ERROR)

    @app.get("/")
    @rate_limit("1/minute", by=by)
    async def index(request: Request, response: Response) -> None: ...

    assert TestClient(app).get("/").status_code == 500
    assert "needs AuthenticationMiddleware: app.add_middleware" in caplog.text
