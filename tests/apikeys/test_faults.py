"""A database that fails in the middle of load: 503 in time, nobody let in, well again by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from nexios import NexiosApp, Request, Response
from nexios.apikeys import APIKeys, create_api_key
from nexios.auth import auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.exceptions import StoreUnavailable
from tests.attacks.asking import asking
from tests.parts import Clock, app_for
from tests.stores.engines import Engine, fresh, needs_service
from tests.stores.proxy import FAULTS, Proxy
from tests.stores.test_faults import behind_proxy

pytestmark = [pytest.mark.anyio, pytest.mark.service]

BOUND = 2.0


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[Engine]:
    needs_service("postgresql")
    with fresh("postgresql", tmp_path) as made:
        yield made


def keyed_app(keys: APIKeys) -> NexiosApp:
    app = app_for(APIKeyAuthBackend(keys=keys))

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return str(request.user.identity)

    @app.get("/open")
    async def opened(request: Request, response: Response) -> None: ...

    return app


class Callers:
    """Two hundred requests at a time, by keys that are good, revoked, unknown or none."""

    def __init__(self, keys: APIKeys, clock: Clock) -> None:
        self.keys = keys
        self.clock = clock
        self.app = keyed_app(keys)
        self.good: list[tuple[str, str]] = []
        self.revoked = ""
        self.slowest = 0.0

    async def arrive(self) -> None:
        for number in range(20):
            key, record = await self.keys.create("ada", str(number))
            self.good.append((key, record.id))
        self.revoked, record = await self.keys.create("ada", "revoked")
        await self.keys.revoke(record.id)

    async def ask(self, key: str, path: str = "/guarded") -> int:
        began = time.monotonic()
        answer = await asking(self.app, path, headers=[("x-api-key", key)] if key else [])
        self.slowest = max(self.slowest, time.monotonic() - began)
        return answer.status

    async def come(self) -> dict[str, set[int]]:
        """What each kind of caller is answered, when nothing is kept any longer."""
        self.clock.turn(seconds=1)
        self.slowest = 0.0
        kinds = {
            "good": [self.ask(self.good[number % 20][0]) for number in range(100)],
            "revoked": [self.ask(self.revoked) for _ in range(20)],
            "unknown": [self.ask(create_api_key()[0]) for _ in range(40)],
            "mistyped": [self.ask(self.good[0][0][:-1] + "_") for _ in range(10)],
            "none": [self.ask("") for _ in range(10)],
            "open": [self.ask(self.good[number][0], "/open") for number in range(20)],
        }
        answers = await asyncio.gather(*(each for asked in kinds.values() for each in asked))
        found = {}
        for kind, asked in kinds.items():
            found[kind], answers = set(answers[: len(asked)]), answers[len(asked) :]
        return found


@asynccontextmanager
async def called(engine: Engine, clock: Clock, **options: Any) -> AsyncIterator[tuple[Callers, Proxy]]:
    async with behind_proxy(engine, **options) as (store, proxy):
        callers = Callers(APIKeys(store, clock=clock, monotonic=clock), clock)
        await callers.arrive()
        yield callers, proxy


ALL_WELL = {
    "good": {200},
    "revoked": {401},
    "unknown": {401},
    "mistyped": {401},
    "none": {401},
    "open": {204},
}
AWAY = ALL_WELL | {"good": {503}, "revoked": {503}, "unknown": {503}}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_database_that_fails_under_load_lets_nobody_in_and_is_used_again(
    postgresql: Engine, clock: Clock, fault: Any
) -> None:
    async with called(postgresql, clock) as (callers, proxy):
        # At once, a machine that is busy needs some time to connect.
        await callers.come()
        running = asyncio.create_task(callers.come())
        await asyncio.sleep(0)
        await fault(proxy)
        found = await running
        for kind, right in ALL_WELL.items():
            assert found[kind] <= right | ({503} if AWAY[kind] == {503} else set())
        assert callers.slowest < BOUND

        assert await callers.come() == AWAY
        assert callers.slowest < BOUND
        with pytest.raises(StoreUnavailable):
            await callers.keys.revoke(callers.good[0][1])

        await proxy.heal()
        began = time.monotonic()
        while await callers.ask(callers.good[0][0]) != 200:
            assert time.monotonic() - began < BOUND
            await asyncio.sleep(0.02)
        assert await callers.come() == ALL_WELL
        # What was not acknowledged did not happen, and happens now.
        assert await callers.keys.revoke(callers.good[0][1])
        assert await callers.ask(callers.good[0][0]) == 401


async def test_a_key_that_was_good_is_taken_without_the_database_for_less_than_a_second(
    postgresql: Engine, clock: Clock
) -> None:
    async with called(postgresql, clock) as (callers, proxy):
        key = callers.good[0][0]
        assert await callers.ask(key) == 200
        await proxy.stop()
        clock.turn(seconds=0.85)
        assert await callers.ask(key) == 200
        clock.turn(seconds=0.1)
        assert await callers.ask(key) == 503


async def test_two_hundred_at_once_share_three_connections(postgresql: Engine, clock: Clock) -> None:
    pool = {"pool_size": 2, "max_overflow": 1, "timeout": 20.0}
    async with called(postgresql, clock, **pool) as (callers, _):
        made = await asyncio.gather(*(callers.keys.create("bob", str(number)) for number in range(200)))
        # Each another key: two hundred look-ups
        answers = await asyncio.gather(*(callers.ask(key) for key, _ in made))
        assert set(answers) == {200}
        assert await callers.come() == ALL_WELL


async def test_callers_who_go_away_give_their_connections_back(postgresql: Engine, clock: Clock) -> None:
    pool = {"pool_size": 2, "max_overflow": 1, "timeout": 20.0}
    async with called(postgresql, clock, **pool) as (callers, _):
        for steps in range(10):
            clock.turn(seconds=1)
            asked = [asyncio.create_task(callers.ask(create_api_key()[0])) for _ in range(30)]
            # Some while they wait for a connection, some in the middle of the question
            for _ in range(3 * steps):
                await asyncio.sleep(0)
            for each in asked:
                each.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        assert await callers.come() == ALL_WELL
