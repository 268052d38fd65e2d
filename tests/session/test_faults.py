"""A server that fails in the middle of load: 503 in time, nobody let in, well again by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from nexios import NexiosApp
from tests.attacks.asking import asking
from tests.attacks.targets import cookie, cookie_value
from tests.session.apps import session_app
from tests.session.sources import SERVED, signed_only
from tests.stores.engines import Engine, fresh, needs_service
from tests.stores.proxy import FAULTS, Proxy
from tests.stores.test_faults import behind_proxy

pytestmark = [pytest.mark.anyio, signed_only]

BOUND = 2.0
JUNK = "a" * 42 + "A"


@pytest.fixture(params=SERVED[1:])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    needs_service(request.param)
    with fresh(request.param, tmp_path) as made:
        yield made


class Visitors:
    """Two hundred requests at a time, of people who are in, of a stranger, and of somebody who guesses."""

    def __init__(self, app: NexiosApp) -> None:
        self.app = app
        self.secrets: list[str] = []
        self.slowest = 0.0

    async def ask(self, path: str, secret: str | None, method: str = "GET") -> Any:
        began = time.monotonic()
        headers = [] if secret is None else [cookie(secret)]
        answer = await asking(self.app, path, method=method, headers=headers)
        self.slowest = max(self.slowest, time.monotonic() - began)
        return answer

    async def arrive(self, count: int) -> None:
        for _ in range(count):
            self.secrets.append(cookie_value(await self.ask("/login/ada", None, "POST")))

    async def come(self) -> dict[str, set[int]]:
        """What each kind of visitor is answered."""
        self.slowest = 0.0
        kinds: dict[str, list[Any]] = {
            "in": [self.ask("/me", self.secrets[number % 10]) for number in range(100)],
            "writing": [self.ask("/keep/a/1", self.secrets[number % 10], "POST") for number in range(40)],
            "guessing": [self.ask("/me", JUNK) for _ in range(20)],
            "stranger": [self.ask("/me", None) for _ in range(20)],
            "elsewhere": [self.ask("/untouched", self.secrets[number % 10]) for number in range(20)],
        }
        answers = await asyncio.gather(*(one for asked in kinds.values() for one in asked))
        found: dict[str, set[int]] = {}
        for kind, asked in kinds.items():
            found[kind] = {answer.status for answer in answers[: len(asked)]}
            answers = answers[len(asked) :]
        return found


@asynccontextmanager
async def visited(server: Engine, source: str) -> AsyncIterator[tuple[Visitors, Proxy]]:
    async with behind_proxy(server) as (store, proxy):
        visitors = Visitors(session_app(**({"store": store} if source == "store" else {"ended_in": store})))
        await visitors.arrive(12)
        yield visitors, proxy


ALL_WELL = {"in": {200}, "writing": {204}, "guessing": {401}, "stranger": {401}, "elsewhere": {204}}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_server_that_fails_under_load_lets_nobody_in_and_is_used_again(
    server: Engine, fault: Any
) -> None:
    async with visited(server, "store") as (visitors, proxy):
        # At once, a machine that is busy needs some time to connect.
        await visitors.come()
        running = asyncio.create_task(visitors.come())
        await asyncio.sleep(0)
        await fault(proxy)
        found = await running
        assert found["in"] <= {200, 503}
        assert found["writing"] <= {204, 503}
        assert found["guessing"] <= {401, 503}
        assert visitors.slowest < 2 * BOUND  # one look that was answered, and one write that was not

        found = await visitors.come()
        assert found == {
            "in": {503},
            "writing": {503},
            "guessing": {503},
            "stranger": {401},
            "elsewhere": {204},
        }
        assert visitors.slowest < BOUND
        refused = await visitors.ask("/logout", visitors.secrets[10], "POST")
        assert (refused.status, refused.all("set-cookie")) == (503, [])

        await proxy.heal()
        began = time.monotonic()
        while (await visitors.ask("/me", visitors.secrets[0])).status != 200:
            assert time.monotonic() - began < BOUND
            await asyncio.sleep(0.02)
        # All at once need a connection each, which a busy machine does not make in the time of one look.
        while (found := await visitors.come()) != ALL_WELL:
            assert time.monotonic() - began < BOUND, found
        # What was not acknowledged did not happen, and happens now.
        assert (await visitors.ask("/me", visitors.secrets[10])).status == 200
        assert (await visitors.ask("/logout", visitors.secrets[10], "POST")).status == 200
        assert (await visitors.ask("/me", visitors.secrets[10])).status == 401
        assert (await visitors.ask("/me", visitors.secrets[11])).status == 200


async def test_signed_sessions_are_not_believed_while_nobody_knows_what_has_ended(server: Engine) -> None:
    async with visited(server, "ended_in") as (visitors, proxy):
        assert (await visitors.ask("/me", visitors.secrets[0])).status == 200
        await proxy.hole()
        # The list is good for a second; after that it is unknown, and not before.
        began = time.monotonic()
        while (await visitors.ask("/me", visitors.secrets[0])).status == 200:
            assert time.monotonic() - began < BOUND
            await asyncio.sleep(0.02)
        assert (await visitors.ask("/me", visitors.secrets[0])).status == 503
        assert (await visitors.ask("/untouched", visitors.secrets[0])).status == 204
        assert (await visitors.ask("/me", None)).status == 401
        await proxy.heal()
        began = time.monotonic()
        while (await visitors.ask("/me", visitors.secrets[0])).status != 200:
            assert time.monotonic() - began < BOUND
            await asyncio.sleep(0.02)
