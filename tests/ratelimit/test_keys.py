"""An API key may carry a limit and a monthly quota of its own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys, key_routes
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.events import LimitReached
from nexios.ratelimit import RateLimits
from nexios.stores import MemoryStore
from tests.parts import Clock, Person, assert_problem
from tests.ratelimit.servers import nobody_there


@pytest.fixture
def keys(clock: Clock) -> APIKeys:
    return APIKeys(MemoryStore(), clock=clock)


def made(keys: APIKeys, name: str = "ci", **given: Any) -> str:
    return asyncio.run(keys.create("ada", name, **given))[0]


def client_of(keys: APIKeys, clock: Clock, **settings: Any) -> TestClient:
    app = NexiosApp(config=MakeConfig(**settings))
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=APIKeyAuthBackend(keys=keys)))
    if not settings:
        app.state.rate_limits = RateLimits(clock=clock)

    @app.get("/")
    @auth()
    async def index(request: Request, response: Response) -> str:
        return str(request.user.identity)

    app.include(key_routes(keys, allow_api_keys=True))
    return TestClient(app)


def statuses(client: TestClient, key: str, times: int) -> list[int]:
    return [client.get("/", headers={"X-API-Key": key}).status_code for _ in range(times)]


def test_a_key_is_held_to_its_limit_and_others_are_not(keys: APIKeys, clock: Clock) -> None:
    client = client_of(keys, clock)
    limited, other, free = (
        made(keys, "a", rate_limit="2/minute"),
        made(keys, "b", rate_limit="2/minute"),
        made(keys, "c"),
    )
    assert statuses(client, limited, 3) == [200, 200, 429]
    assert statuses(client, other, 1) == [200]
    assert statuses(client, free, 9) == [200] * 9

    refused = client.get("/", headers={"X-API-Key": limited})

    assert_problem(refused, 429, "There were too many requests. Try again later.")
    assert refused.headers["Retry-After"] == "60"
    assert refused.headers["RateLimit"] == '"2/minute by key";r=0;t=60'
    clock.turn(seconds=61)
    assert statuses(client, limited, 1) == [200]


def test_a_quota_ends_with_the_month_of_the_calendar(keys: APIKeys, clock: Clock) -> None:
    clock.now = datetime(2026, 12, 30, 12, tzinfo=UTC).timestamp()
    client, key = client_of(keys, clock), made(keys, monthly_quota=2)
    assert statuses(client, key, 3) == [200, 200, 429]
    refused = client.get("/", headers={"X-API-Key": key})
    assert refused.headers["Retry-After"] == str(36 * 3600)
    clock.turn(hours=35)
    assert statuses(client, key, 1) == [429]
    clock.turn(hours=1)
    assert datetime.fromtimestamp(clock(), UTC) == datetime(2027, 1, 1, tzinfo=UTC)
    assert statuses(client, key, 3) == [200, 200, 429]


def test_what_the_limit_refuses_takes_nothing_of_the_month(keys: APIKeys, clock: Clock) -> None:
    client, key = client_of(keys, clock), made(keys, rate_limit="1/minute", monthly_quota=2)
    assert statuses(client, key, 5) == [200, 429, 429, 429, 429]
    clock.turn(seconds=61)
    assert statuses(client, key, 1) == [200]
    clock.turn(seconds=61)
    assert statuses(client, key, 1) == [429]


def test_a_rotated_key_begins_no_new_month_and_keeps_its_limits(keys: APIKeys, clock: Clock) -> None:
    client = client_of(keys, clock)
    key, record = asyncio.run(keys.create("ada", "ci", monthly_quota=2, rate_limit="9/minute"))
    assert statuses(client, key, 1) == [200]
    new, replaced = asyncio.run(keys.rotate(record.id, overlap=timedelta(hours=1)))
    assert (replaced.monthly_quota, replaced.rate_limit) == (2, "9/minute")
    assert statuses(client, new, 2) == [200, 429]
    assert statuses(client, key, 1) == [429]


def test_a_limited_key_makes_no_key_that_is_not(keys: APIKeys, clock: Clock) -> None:
    client = client_of(keys, clock)
    for given in ({"rate_limit": "9/minute"}, {"monthly_quota": 9}):
        key = made(keys, **given)
        refused = client.post("/keys", json={"name": "more"}, headers={"X-API-Key": key})
        assert_problem(refused, 403, "A key that has a limit makes no other keys, which would have none.")
    free = {"X-API-Key": made(keys)}
    assert client.post("/keys", json={"name": "more"}, headers=free).status_code == 201
    shown = client.get("/keys", headers=free).json()["keys"]
    assert {(each["rate_limit"], each["monthly_quota"]) for each in shown} == {
        ("9/minute", None),
        (None, 9),
        (None, None),
    }


def test_where_the_counters_are_dead_a_limited_key_lets_nobody_in(keys: APIKeys, clock: Clock) -> None:
    client = client_of(keys, clock, rate_limit_url=nobody_there())
    assert_problem(client.get("/", headers={"X-API-Key": made(keys, rate_limit="9/minute")}), 503)
    assert statuses(client, made(keys, "free"), 1) == [200]


def test_who_listens_hears_that_a_keys_limit_is_reached(keys: APIKeys, clock: Clock) -> None:
    client = client_of(keys, clock)
    heard: list[Any] = []
    client.app.events.tap(LimitReached)(heard.append)  # type: ignore[attr-defined]
    statuses(client, made(keys, rate_limit="1/minute"), 2)
    assert [(event.limit, event.by) for event in heard] == [("1/minute", "key")]


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"rate_limit": "often"}, ValueError, '"10/minute"'),
        ({"rate_limit": "0/minute"}, ValueError, '"10/minute"'),
        ({"rate_limit": 10}, TypeError, "rate_limit is text"),
        ({"rate_limit": "1/minute;" * 50}, ValueError, "at most 100"),
        ({"monthly_quota": 0}, ValueError, "from 1 to"),
        ({"monthly_quota": 10**13}, ValueError, "from 1 to"),
        ({"monthly_quota": "1000"}, TypeError, "whole number"),
        ({"monthly_quota": True}, TypeError, "whole number"),
    ],
)
def test_what_is_no_limit_is_refused_when_the_key_is_made(
    keys: APIKeys, given: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        made(keys, **given)
