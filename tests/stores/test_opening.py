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


@pytest.mark.parametrize(
    ("url", "options", "mend"),
    [
        ("redis://host", {"max_connections": 0}, "max_connections must be at least 1"),
        ("redis://host", {"max_connections": "5"}, "max_connections must be at least 1, a whole number"),
        ("redis://host", {"timeout": 0}, "timeout is in seconds, and must be a number above 0"),
        ("redis://host", {"timeout": "1"}, "timeout is in seconds"),
        ("redis://host?timeout=nan", {}, "timeout is in seconds"),
        ("redis://host?timeout=inf", {}, "timeout is in seconds"),
        ("redis://host", {"prefix": b"x:"}, "prefix is text, not bytes"),
        ("redis://host", {"pool_size": 5}, "RedisStore takes no pool_size: choose from max_connections"),
        ("redis://host/app", {}, "the store's URL cannot be read"),
        ("rediss://host?ssl_cert_reqs=x", {}, "the store's URL cannot be read"),
        ("sqlite:///a.db?timeout=nan", {}, "timeout is in seconds"),
        ("postgresql://host/db", {"timeout": float("inf")}, "timeout is in seconds"),
        ("postgresql://host/db", {"pool_timeout": True}, "pool_timeout is in seconds"),
        ("postgresql://host/db", {"pool_size": 2.5}, "pool_size must be at least 1, a whole number"),
        ("postgresql://host/db", {"max_overflow": -1}, "max_overflow must be at least 0"),
        ("postgresql://host/db", {"schema": 5}, "schema is text, not int"),
        ("postgresql://host/db", {"poolsize": 5}, "SQLStore takes no poolsize: choose from max_overflow"),
    ],
    ids=lambda value: repr(value) if isinstance(value, dict) else "",
)
def test_an_option_that_makes_no_sense_is_refused(url: str, options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        open_store(url, **options)
    assert mend in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:hush@quiet@host/db",
        "postgresql://app:123?quiet@host/db",
        "postgresql://app:123/quiet@host",
        "redis://app:123/quiet@host/0",
        "redis://app:123?quiet@host/0",
    ],
)
def test_no_part_of_a_password_that_is_not_encoded_is_shown(url: str) -> None:
    """Its rest would be taken for the host, the path or an option, and told of in every error."""
    try:
        shown = repr(open_store(url))
    except ConfigError as error:
        shown = str(error)
        assert "percent-encode" in shown
    assert "quiet" not in shown


def test_a_file_may_have_a_name_with_an_at_sign() -> None:
    assert repr(open_store("sqlite:////tmp/a@b.db")) == "SQLStore('/tmp/a@b.db')"


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
