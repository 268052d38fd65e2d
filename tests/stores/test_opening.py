"""`open_store`: what it takes, and what it says where a library is missing."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

import nexios.stores
from nexios.exceptions import ConfigError
from nexios.stores import MemoryStore, RedisStore, SQLStore, open_store
from tests.stores.engines import Engine
from tests.stores.things import a_hash, a_revocation, a_session

OPEN = """
import sys
sys.modules[sys.argv[2]] = None
from nexios.exceptions import ConfigError
from nexios.stores import open_store
try:
    open_store(sys.argv[1])
except ConfigError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("url", "library", "extra"),
    [
        ("sqlite:///app.db", "sqlalchemy", "sql"),
        ("sqlite:///app.db", "aiosqlite", "sql"),
        ("postgresql://host/db", "asyncpg", "sql"),
        ("redis://host", "redis", "redis"),
    ],
)
def test_a_library_that_is_missing_is_said_with_what_to_install(url: str, library: str, extra: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPEN, url, library], capture_output=True, text=True, check=True
    )
    assert library in done.stdout
    assert done.stdout.endswith(f'pip install "nexios[{extra}]"\n')


@pytest.mark.parametrize("library", ["asyncpg", "redis", "alembic"])
def test_a_library_of_another_engine_may_be_missing(library: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPEN, "sqlite:///app.db", library], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("memory://", MemoryStore),
        ("sqlite:///app.db", SQLStore),
        ("SQLite:///app.db?timeout=0.5", SQLStore),
        ("sqlite+aiosqlite:///app.db", SQLStore),
        ("postgresql://host/db?pool_size=20&max_overflow=0&pool_timeout=0.1&timeout=0.5&schema=a", SQLStore),
        ("postgres:///db?host=/run/postgresql&sslmode=require", SQLStore),
        ("redis://host?prefix=x:&max_connections=5&timeout=0.5&db=3", RedisStore),
        ("rediss://host", RedisStore),
    ],
)
def test_the_scheme_chooses_the_engine(url: str, kind: type) -> None:
    assert type(open_store(url)) is kind


def test_an_option_wins_over_the_url() -> None:
    with pytest.raises(ConfigError, match=r"pool_size .* at least 1"):
        open_store("postgresql://host/db?pool_size=20", pool_size=0)


@pytest.mark.parametrize("options", [{"max_connections": 0}, {"timeout": 0}], ids=str)
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"max_connections .* at least 1"):
        open_store("redis://host", **options)


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'MongoStore'"):
        _ = nexios.stores.MongoStore


@pytest.mark.anyio
async def test_a_moment_without_a_time_zone_is_refused(outer_engine: Engine) -> None:
    naive = datetime(2090, 1, 1)
    async with outer_engine.open() as store:
        for refused in (
            store.add_session(a_session(created_at=naive)),
            store.revoke([a_revocation(at=naive)]),
            store.first_seen("jti", "x", naive),
        ):
            with pytest.raises(ValueError, match="a moment has a time zone"):
                await refused
        assert await store.find_session(a_hash("s1")) is None
