"""The store of an application: there at once, open while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.exceptions import ConfigError
from nexios.stores import MemoryStore
from tests.application.test_lifespan import lifespan
from tests.stores.things import a_key

HASH = "a" * 64


def test_an_application_without_a_store_says_how_to_have_one() -> None:
    with pytest.raises(ConfigError, match=r'MakeConfig\(store_url="sqlite:///app.db"\)'):
        _ = NexiosApp().store


def test_the_store_is_there_before_the_application_starts() -> None:
    app = NexiosApp(config=MakeConfig(store_url="memory://"))
    assert isinstance(app.store, MemoryStore)
    assert app.store is app.store


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ada:geheim@host/db",
        "geheim",
        "postgresql+psycopg2://ada:geheim@host/db",
        "sqlite:///:memory:",
    ],
)
def test_a_url_that_names_no_store_is_refused_at_once_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError, match=r"sqlite:///app\.db") as refused:
        NexiosApp(config=MakeConfig(store_url=url))
    assert "geheim" not in str(refused.value)


def test_a_store_url_must_be_text() -> None:
    with pytest.raises(ConfigError, match="store_url must be text, not bytes"):
        MakeConfig(store_url=b"memory://")  # type: ignore[arg-type]


def test_the_configuration_never_shows_the_url() -> None:
    config = MakeConfig(store_url="postgresql://ada:geheim@host/db")
    assert "geheim" not in repr(config)


def test_the_url_is_read_from_the_environment() -> None:
    assert MakeConfig.from_env({"NEXIOS_STORE_URL": "memory://"}).store_url == "memory://"


def test_the_tables_are_there_when_the_application_has_started_and_what_is_kept_stays(tmp_path: Path) -> None:
    app = NexiosApp(config=MakeConfig(store_url=f"sqlite:///{tmp_path}/app.db"))

    @app.post("/")
    async def add(request: Request, response: Response) -> None:
        await app.store.add_key(a_key(), HASH)

    @app.get("/")
    async def find(request: Request, response: Response) -> str:
        found = await app.store.find_key(HASH)
        return found.name if found else "nothing"

    with TestClient(app) as client:
        assert client.get("/").text == "nothing"
        client.post("/")
    # Started again, in another event loop
    with TestClient(app) as client:
        assert client.get("/").text == "ci"


def test_requests_in_loops_of_their_own_reach_the_store(tmp_path: Path) -> None:
    app = NexiosApp(config=MakeConfig(store_url=f"sqlite:///{tmp_path}/app.db"))

    @app.get("/")
    async def find(request: Request, response: Response) -> str:
        return str(await app.store.find_key(HASH))

    with TestClient(app):
        pass
    # Without `with`, the client runs each request in a loop that ends with it.
    client = TestClient(app)
    assert [client.get("/").text for _ in range(3)] == ["None"] * 3


@pytest.mark.anyio
async def test_what_is_gathered_is_written_before_the_store_is_closed(tmp_path: Path) -> None:
    app = NexiosApp(config=MakeConfig(store_url=f"sqlite:///{tmp_path}/app.db"))

    async def flush() -> None:
        await app.store.add_key(a_key(), HASH)

    app.store.before_close(flush)
    assert [message["type"] for message in await lifespan(app)] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    async with app.store as store:
        assert await store.find_key(HASH) == a_key()


@pytest.mark.anyio
async def test_a_store_that_is_down_fails_the_start_in_a_line(tmp_path: Path) -> None:
    app = NexiosApp(config=MakeConfig(store_url=f"sqlite:///{tmp_path}/missing/app.db"))
    failed, _ = await lifespan(app)
    assert failed == {
        "type": "lifespan.startup.failed",
        "message": f"the store at {tmp_path}/missing/app.db cannot be opened: does its folder exist, "
        "and may this process write to it?",
    }
