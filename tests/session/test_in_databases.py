"""Sessions in real stores: what a request asks of a database, many at once, and a server that is silent."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from nexios import NexiosApp
from nexios.session import Sessions
from nexios.stores import open_store
from tests.attacks.asking import Answer, asking
from tests.attacks.targets import cookie, cookie_value
from tests.parts import Clock
from tests.session.apps import kept_in, session_app
from tests.session.sources import SERVED, sources, stored_only
from tests.stores.counting import statements

pytestmark = pytest.mark.anyio

DATABASES = sources("sqlite", pytest.param("postgresql", marks=pytest.mark.service))


@asynccontextmanager
async def served(**options: Any) -> AsyncIterator[NexiosApp]:
    """An application on the store of the test, which is connected already."""
    async with kept_in["store"] as store:
        await store.ping()
        yield session_app(**options)


async def ask(app: NexiosApp, path: str, secret: str | None = None, method: str = "GET") -> Answer:
    return await asking(app, path, method=method, headers=[cookie(secret)] if secret is not None else [])


async def logged_in(app: NexiosApp, name: str = "ada") -> str:
    return cookie_value(await ask(app, f"/login/{name}", method="POST"))


@DATABASES
async def test_a_session_costs_one_statement_and_junk_none() -> None:
    async with served() as app:
        secret = await logged_in(app)
        with statements() as seen:
            for junk in (None, "", "x", secret[:-1], secret + "A", "x" * 10_000, "../" * 15, "%" * 43):
                assert (await ask(app, "/me", junk)).status == 401
            assert seen == []
            for number in range(1, 6):
                assert (await ask(app, "/me", secret)).status == 200
                assert len(seen) == number
        assert not [each for each in seen if not each.startswith("SELECT")]


@DATABASES
async def test_a_session_that_is_only_read_is_written_once_a_minute(clock: Clock) -> None:
    async with served(clock=clock) as app:
        secret = await logged_in(app)
        with statements() as seen:
            for _ in range(10):
                clock.turn(seconds=20)
                await ask(app, "/me", secret)
        assert len([each for each in seen if each.startswith("UPDATE")]) == 3
        assert len([each for each in seen if each.startswith("SELECT")]) == 10


@sources(*SERVED)
async def test_two_hundred_at_once_come_through() -> None:
    async with served() as app:
        secrets = [await logged_in(app, name) for name in ("ada", "bob")]
        answers = await asyncio.gather(
            *(ask(app, "/me", secrets[number % 2]) for number in range(200)),
            *(ask(app, f"/keep/k{number}/1", secrets[0], "POST") for number in range(50)),
        )
        assert {answer.status for answer in answers} <= {200, 204}
        found = (await ask(app, "/session", secrets[0])).json()
        assert {key for key in found if key != "user"} == {f"k{number}" for number in range(50)}


@sources(*SERVED)
async def test_of_many_logouts_and_writes_at_once_none_brings_a_session_back() -> None:
    async with served() as app:
        for _ in range(5):
            secret = await logged_in(app)
            paths = ["/logout", *(f"/keep/k{number}/1" for number in range(10)), "/renew"]
            answers = await asyncio.gather(*(ask(app, path, secret, "POST") for path in paths))
            given = [
                line.partition(";")[0].partition("=")[2] for a in answers for line in a.all("set-cookie")
            ]
            for value in {secret, *given} - {""}:
                assert (await ask(app, "/session", value)).json().get("user") is None
        assert await Sessions(kept_in["store"]).list("ada") == []


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that connections are made to and that never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


@stored_only
@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:{}/none", "redis://127.0.0.1:{}/0"])
async def test_a_server_that_is_silent_is_a_503_within_two_seconds(url: str, clock: Clock) -> None:
    secret = "a" * 42 + "A"
    with silent_server() as port:
        async with open_store(url.format(port)) as store:
            app = session_app(store=store, clock=clock)
            for path, status, method in [
                ("/me", 503, "GET"),
                ("/session", 503, "GET"),
                ("/untouched", 204, "GET"),
                ("/login/ada", 503, "POST"),
            ]:
                before = time.monotonic()
                answer = await ask(app, path, secret, method)
                assert (answer.status, answer.all("set-cookie")) == (status, [])
                assert time.monotonic() - before < 2
            before = time.monotonic()
            answers = await asyncio.gather(*(ask(app, "/me", secret) for _ in range(100)))
            assert {answer.status for answer in answers} == {503}
            assert time.monotonic() - before < 2.5
