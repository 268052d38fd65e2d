"""`AuthenticationMiddleware(throttle=...)`: too many refused credentials, and an address is not heard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.events import LimitReached
from nexios.exceptions import ConfigError
from nexios.http import WebSocket
from nexios.ratelimit import RateLimits, Throttle
from tests.parts import SECRET, ByHeader, Clock, Person, assert_problem
from tests.ratelimit.servers import nobody_there

DETAIL = "Too many credentials were refused. Try again later."

asked: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    asked.clear()


class ByPassword(AuthenticationBackend):
    """`X-Login: ada:password`, in which the right password is the name backwards."""

    scope = "password"
    headers = frozenset({b"x-login"})

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        value = request.headers.get("X-Login")
        if value is None:
            return None
        asked.append(value)
        name, _, password = value.partition(":")
        return AuthResult(password == name[::-1], name, self.scope)


def throttled(*backends: AuthenticationBackend, throttle: Any = "3/minute", **settings: Any) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET, **settings))
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=Person, backends=list(backends) or [ByPassword()], throttle=throttle
        )
    )

    @app.get("/")
    @auth()
    async def index(request: Request, response: Response) -> dict[str, str]:
        return {"hello": request.user.identity}

    @app.get("/open")
    async def anybody(request: Request, response: Response) -> dict[str, bool]:
        return {"known": request.user.is_authenticated}

    return app


def at(app: NexiosApp, address: str) -> TestClient:
    return TestClient(app, client=(address, 1))


def try_(client: TestClient, *logins: str) -> list[int]:
    return [client.get("/", headers={"X-Login": login}).status_code for login in logins]


def test_an_address_that_fails_too_often_is_not_heard_even_with_the_right_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    app = throttled(throttle=Throttle("3/minute", clock=clock))
    app.state.rate_limits = RateLimits(clock=clock)
    client = at(app, "198.51.100.7")
    assert try_(client, "ada:1", "bob:2", "cy:3", "ada:4") == [401, 401, 401, 429]
    asked.clear()

    refused = client.get("/", headers={"X-Login": "ada:ada"})

    assert_problem(refused, 429, DETAIL)
    assert refused.headers["Retry-After"] == "60"
    assert "WWW-Authenticate" not in refused.headers
    assert asked == []
    assert "198.51.100.7 is not heard for 60 s" in caplog.text
    clock.turn(seconds=61)
    assert try_(client, "ada:ada") == [200]


def test_good_credentials_and_strangers_are_never_counted() -> None:
    app = throttled()
    client = at(app, "198.51.100.7")
    assert try_(client, *["ada:ada"] * 9) == [200] * 9
    assert [client.get("/").status_code for _ in range(9)] == [401] * 9
    assert try_(client, "ada:1", "ada:2", "ada:3") == [401] * 3


def test_who_is_barred_is_a_stranger_where_no_guard_stands() -> None:
    client = at(throttled(), "198.51.100.7")
    try_(client, *["ada:1"] * 5)
    answer = client.get("/open", headers={"X-Login": "ada:ada"})
    assert (answer.status_code, answer.json()) == (200, {"known": False})
    assert client.get("/").status_code == 401


def test_nobody_can_lock_somebody_out_from_another_address() -> None:
    app = throttled()
    for number in range(40):
        try_(at(app, f"198.51.100.{number}"), "ada:wrong", "ada:wrong")
    assert try_(at(app, "203.0.113.9"), "ada:ada") == [200]


def test_an_identity_under_attack_leaves_each_address_one_try() -> None:
    app = throttled()
    found = [try_(at(app, f"198.51.100.{number}"), "ada:wrong", "ada:ada") for number in range(5)]
    # Three addresses failed once each and were well; from then on, one failure is one too many.
    assert found == [[401, 200]] * 3 + [[429, 429]] * 2
    assert try_(at(app, "198.51.100.77"), "bob:wrong", "bob:bob") == [401, 200]


def test_an_ipv6_network_is_barred_as_one() -> None:
    app = throttled()
    try_(at(app, "2001:db8::1"), *["ada:1"] * 4)
    assert try_(at(app, "2001:db8::2"), "ada:ada") == [429]
    assert try_(at(app, "2001:db8:0:1::1"), "ada:ada") == [200]


def test_a_token_that_has_merely_expired_is_no_guess() -> None:
    app = throttled(JWTAuthBackend())
    client = at(app, "198.51.100.7")
    now = Clock(0)
    expired = create_jwt({"id": "ada", "exp": int(now()) + 1}, SECRET)
    headers = {"Authorization": f"Bearer {expired}"}
    assert [client.get("/", headers=headers).status_code for _ in range(9)] == [401] * 9
    good = create_jwt({"id": "ada"}, SECRET, expires_in=timedelta(minutes=5))
    assert client.get("/", headers={"Authorization": f"Bearer {good}"}).status_code == 200


@pytest.mark.parametrize("kind", ["unknown", "odd"])
def test_tokens_and_keys_that_are_none_are_counted(kind: str) -> None:
    class KeyUser(Person):
        @classmethod
        async def load_user(cls, identity: str) -> None:
            return None

    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=KeyUser, backends=[APIKeyAuthBackend(), JWTAuthBackend()], throttle="3/minute"
        )
    )

    @app.get("/")
    @auth()
    async def index(request: Request, response: Response) -> None: ...

    headers = {"X-API-Key": create_api_key()[0]} if kind == "unknown" else {"Authorization": "Bearer a.b.c"}
    client = TestClient(app)
    assert [client.get("/", headers=headers).status_code for _ in range(4)] == [401, 401, 401, 429]


def test_two_bad_credentials_in_one_request_are_two() -> None:
    app = throttled(ByHeader("a", "x-a"), ByHeader("b", "x-b"))
    client = TestClient(app)
    both = {"X-A": "-", "X-B": "-"}
    assert [client.get("/", headers=both).status_code for _ in range(2)] == [401, 429]


def test_a_websocket_of_a_barred_address_is_refused() -> None:
    app = throttled()

    @app.websocket_route("/ws")
    @auth()
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    client = at(app, "198.51.100.7")
    try_(client, *["ada:1"] * 4)
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect("/ws", headers={"X-Login": "ada:ada"}),
    ):
        pass
    assert refused.value.status_code == 429


def test_where_the_counters_are_dead_a_bad_credential_is_503_and_a_good_one_gets_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = TestClient(throttled(rate_limit_url=nobody_there()))
    assert_problem(client.get("/", headers={"X-Login": "ada:wrong"}), 503)
    assert client.get("/", headers={"X-Login": "ada:ada"}).status_code == 200
    assert "does not answer" in caplog.text
    assert "s3cret" not in caplog.text


def test_who_listens_hears_that_an_address_is_barred() -> None:
    app = throttled()
    heard: list[Any] = []
    app.events.tap(LimitReached)(heard.append)
    try_(at(app, "198.51.100.7"), *["ada:1"] * 4)
    assert {(event.limit, event.by, event.identity, event.address) for event in heard} == {
        ("3/minute", "failures", None, "198.51.100.7"),
        ("3/minute", "failures of an identity", None, "198.51.100.7"),
    }


@pytest.mark.anyio
async def test_the_addresses_that_are_barred_stay_within_a_bound() -> None:
    app = throttled(throttle=(throttle := Throttle("1/hour")))
    refused = AuthResult(False, "ada", "password")
    for number in range(11_000):
        scope = {"app": app, "client": (f"10.1.{number // 250}.{number % 250}", 1), "headers": []}
        barred = await throttle.count(scope, ByPassword(), refused)
        assert (barred is None) == (number == 0)
    assert 8_000 < len(throttle.barred) <= 10_000
    # The last that failed is barred still.
    assert throttle.refusal(scope) is not None


@pytest.mark.parametrize("throttle", ["often", 10, True, ""])
def test_what_is_no_limit_is_told_at_once(throttle: Any) -> None:
    with pytest.raises(ConfigError, match='"10/minute"'):
        AuthenticationMiddleware(user_model=Person, backend=ByPassword(), throttle=throttle)
