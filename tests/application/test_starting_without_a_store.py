"""A server that is away while an application starts: the tables are there when it is back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys
from nexios.auth import auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.middleware import AuthenticationMiddleware
from tests.attacks.asking import asking
from tests.parts import Person
from tests.stores.engines import Engine, fresh, needs_service
from tests.stores.proxy import FAULTS, Proxy

pytestmark = [pytest.mark.anyio, pytest.mark.service]

BOUND = 2.0


def guarded_app(url: str) -> NexiosApp:
    """An application with API keys in its store, and a route that needs none of it."""
    app = NexiosApp(config=MakeConfig(store_url=url))
    app.add_middleware(
        AuthenticationMiddleware(user_model=Person, backend=APIKeyAuthBackend(keys=APIKeys(app.store)))
    )

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return str(request.user.identity)

    @app.get("/health")
    async def health(request: Request, response: Response) -> None: ...

    return app


@asynccontextmanager
async def running(app: NexiosApp) -> AsyncIterator[str]:
    """The application between its start and its stop; how it started."""
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await said.put({"type": "lifespan.startup"})
    task = asyncio.create_task(app({"type": "lifespan"}, said.get, told.put))  # type: ignore[arg-type]
    try:
        yield (await told.get())["type"]
    finally:
        await said.put({"type": "lifespan.shutdown"})
        await asyncio.wait([task])
    assert task.exception() is None


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A schema that nobody has made yet."""
    needs_service("postgresql")
    with fresh("postgresql", tmp_path) as made:
        yield made


@asynccontextmanager
async def through_proxy(engine: Engine) -> AsyncIterator[tuple[str, Proxy]]:
    """The URL of the engine behind a proxy."""
    url = urlsplit(engine.url)
    async with Proxy(url.hostname or "127.0.0.1", url.port or 5432) as proxy:
        user = url.netloc.rpartition("@")[0]
        yield urlunsplit(url._replace(netloc=f"{user}@127.0.0.1:{proxy.port}")), proxy


async def status(app: NexiosApp, path: str, key: str = "") -> int:
    return (await asking(app, path, headers=[("x-api-key", key)] if key else [])).status


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_an_application_starts_without_its_server_and_lets_nobody_in_until_it_is_back(
    engine: Engine, fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with through_proxy(engine) as (url, proxy):
        app = guarded_app(url)
        await fault(proxy)
        began = time.monotonic()
        async with running(app) as started:
            assert started == "lifespan.startup.complete"
            assert time.monotonic() - began < BOUND
            assert "the application starts without it, and where it is needed answers 503" in caplog.text
            assert await status(app, "/guarded", create_api_key()[0]) == 503
            assert await status(app, "/guarded") == 401
            assert await status(app, "/health") == 204

            await proxy.heal()
            began = time.monotonic()
            while await status(app, "/guarded", create_api_key()[0]) != 401:
                # All tables are made first, and machines that test are slow.
                assert time.monotonic() - began < 10 * BOUND
                await asyncio.sleep(0.02)
            key, _ = await APIKeys(app.store).create("ada", "ci")
            assert await status(app, "/guarded", key) == 200


async def test_it_stops_in_the_middle_of_waiting(engine: Engine) -> None:
    async with through_proxy(engine) as (url, proxy):
        await proxy.stop()
        async with running(guarded_app(url)) as started:
            assert started == "lifespan.startup.complete"
            await asyncio.sleep(0)


async def test_a_server_of_a_newer_version_is_told_of_when_it_is_back(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    async with through_proxy(engine) as (url, proxy):
        app = guarded_app(url)
        await app.store.upgrade()
        async with app.store._database._engines.get().asyncio.connect() as connection:
            await connection.exec_driver_sql("UPDATE nexios_alembic_version SET version_num = '9999'")
        await app.store.close()
        await proxy.stop()
        async with running(app) as started:
            assert started == "lifespan.startup.complete"
            await proxy.heal()
            began = time.monotonic()
            while "upgraded by a newer version" not in caplog.text:
                assert time.monotonic() - began < 10 * BOUND
                await asyncio.sleep(0.02)
    assert [r.levelno for r in caplog.records if "newer version" in r.getMessage()] == [logging.ERROR]
