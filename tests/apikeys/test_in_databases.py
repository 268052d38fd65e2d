"""Keys in real databases: what a request asks of one, and how soon another process knows of a revocation."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nexios import NexiosApp, Request, Response
from nexios.apikeys import APIKeys, create_api_key
from nexios.auth import auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.stores import open_store
from tests.attacks.asking import asking
from tests.parts import Clock, app_for
from tests.stores.counting import statements
from tests.stores.engines import Engine, fresh, needs_service

pytestmark = pytest.mark.anyio

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.service)]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    needs_service(request.param)
    with fresh(request.param, tmp_path) as made:
        yield made


@asynccontextmanager
async def served(engine: Engine, clock: Clock) -> AsyncIterator[tuple[NexiosApp, APIKeys]]:
    """An application on that database, which is connected to it already."""
    async with engine.open() as store:
        await store.ping()
        keys = APIKeys(store, clock=clock, monotonic=clock)
        app = app_for(APIKeyAuthBackend(keys=keys))

        @app.get("/guarded")
        @auth()
        async def guarded(request: Request, response: Response) -> str:
            return str(request.user.identity)

        yield app, keys


async def status(app: NexiosApp, key: str) -> int:
    return (await asking(app, headers=[("x-api-key", key)])).status


async def test_junk_costs_no_statement_and_a_key_one_at_most(engine: Engine, clock: Clock) -> None:
    async with served(engine, clock) as (app, keys):
        key, _ = await keys.create("ada", "ci")
        with statements() as seen:
            for junk in ("", "key_", key[:-1], f"{key[:-1]}!", key.swapcase(), "x" * 10_000):
                assert await status(app, junk) == 401
            assert seen == []
            assert await status(app, create_api_key()[0]) == 401
            assert len(seen) == 1
            seen.clear()
            for _ in range(100):
                assert await status(app, key) == 200
            assert len(seen) == 1
            clock.turn(seconds=1)
            assert await asyncio.gather(*(status(app, key) for _ in range(100))) == [200] * 100
            assert len(seen) == 2
            assert not [each for each in seen if not each.lstrip().upper().startswith("SELECT")]


async def test_uses_are_written_by_one_statement_a_batch(engine: Engine, clock: Clock) -> None:
    async with served(engine, clock) as (app, keys):
        made = [(await keys.create("ada", str(number)))[0] for number in range(50)]
        for key in made:
            assert await status(app, key) == 200
        with statements() as seen:
            await keys.flush()
        assert len([each for each in seen if each.lstrip().upper().startswith("UPDATE")]) == 1
        assert all(record.last_used_at is not None for record in await keys.list("ada"))


async def test_what_is_stored_comes_back_as_it_was_made(engine: Engine) -> None:
    async with engine.open() as store:
        keys = APIKeys(store)
        given: dict[str, Any] = {
            "permissions": {"read", "\u00e9'\"%_"},
            "expires_in": timedelta(days=90),
            "metadata": {"nested": [{"a": None, "b": 1.5, "\U0001f511": "\0"}]},
            "addresses": ["10.0.0.0/8", "2001:db8::/32"],
        }
        key, made = await keys.create("ada", "ci", **given)
        assert await keys.verify(key, "10.1.2.3") == made
        new_key, new = await keys.rotate(made.id)
        assert await keys.verify(new_key, "2001:db8::1") == new
        assert [record.id for record in await keys.list("ada")] == [made.id, new.id]


async def test_of_many_who_rotate_one_key_at_once_one_succeeds(engine: Engine) -> None:
    async with engine.open() as store:
        keys = APIKeys(store)
        _, made = await keys.create("ada", "ci")
        answers = await asyncio.gather(*(keys.rotate(made.id) for _ in range(10)), return_exceptions=True)
        assert sum(isinstance(answer, tuple) for answer in answers) == 1
        assert len(await keys.list("ada")) == 2


async def test_a_database_that_is_not_there_is_a_503_within_two_seconds(tmp_path: Path) -> None:
    key, _ = create_api_key()
    for url in ("postgresql://ada:hunter2@127.0.0.1:1/db", f"sqlite:///{tmp_path}/missing/keys.db"):
        async with open_store(url) as store:
            app = app_for(APIKeyAuthBackend(keys=APIKeys(store)))

            @app.get("/guarded")
            @auth()
            async def guarded(request: Request, response: Response) -> None: ...

            began = time.monotonic()
            assert await asyncio.gather(*(status(app, key) for _ in range(50))) == [503] * 50
            assert time.monotonic() - began < 2
            assert await status(app, key[:-1]) == 401


WORKER = """
import asyncio, sys, time
from nexios.apikeys import APIKeys
from nexios.stores import open_store

async def main(url, key):
    async with open_store(url) as store:
        keys, good, refused = APIKeys(store), [], asyncio.Event()
        assert await keys.verify(key) is not None
        print("ready", flush=True)

        async def load():
            while not refused.is_set():
                if await keys.verify(key) is None:
                    refused.set()
                else:
                    good.append(time.time())
                await asyncio.sleep(0)

        await asyncio.wait_for(asyncio.gather(*(load() for _ in range(50))), 30)
        print(len(good), max(good), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_revoked_key_is_refused_in_another_process_within_a_second_under_load(engine: Engine) -> None:
    async with engine.open() as store:
        keys = APIKeys(store)
        key, made = await keys.create("ada", "ci")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WORKER, engine.url, key),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
            await keys.revoke(made.id)
            revoked = time.time()
            out, err = await asyncio.wait_for(process.communicate(), 60)
        finally:
            if process.returncode is None:
                process.kill()
        count, last = out.split()
        assert process.returncode == 0, err.decode()
        assert int(count) > 100
        assert float(last) - revoked < 1
