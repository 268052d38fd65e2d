"""The engines that the contract is held against, each with nothing in it."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nexios.stores import open_store

POSTGRESQL = os.environ.get("NEXIOS_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
REDIS = os.environ.get("NEXIOS_TEST_REDIS", "redis://127.0.0.1:6379/0")


@dataclass(frozen=True)
class Engine:
    """An engine of a test's own.

    Attributes:
        kind: `memory`, `sqlite`, `postgresql` or `redis`.
        url: What opens it.
    """

    kind: str
    url: str

    @asynccontextmanager
    async def open(self, **options: Any) -> AsyncIterator[Any]:
        """The store, with its tables; in no hurry, since machines that test are slow."""
        if self.kind != "memory":
            options.setdefault("timeout", 20.0)
        async with open_store(self.url, **options) as store:
            await store.upgrade()
            yield store


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Engine]:
    """An engine with nothing in it, of which nothing is left afterwards."""
    if kind == "memory":
        yield Engine(kind, "memory://")
    elif kind == "sqlite":
        yield Engine(kind, f"sqlite:///{folder}/store.db")
    elif kind == "postgresql":
        schema = f"nexios_test_{secrets.token_hex(6)}"
        try:
            yield Engine(kind, _with(POSTGRESQL, f"schema={schema}"))
        finally:
            asyncio.run(_drop(schema))
    else:
        prefix = f"nexios-test-{secrets.token_hex(6)}:"
        try:
            yield Engine(kind, _with(REDIS, f"prefix={prefix}"))
        finally:
            asyncio.run(_delete(prefix))


def needs_service(kind: str) -> None:
    """Skip the test where the server is not there; fail it where it must be."""
    if kind not in {"postgresql", "redis"}:
        return
    reason = _why_not(POSTGRESQL if kind == "postgresql" else REDIS)
    if reason is None:
        return
    if os.environ.get("NEXIOS_TEST_SERVICES") == "required":
        pytest.fail(f"{kind} must be there (NEXIOS_TEST_SERVICES=required): {reason}")
    pytest.skip(f"{kind} is not there: {reason}")


@cache
def _why_not(url: str) -> str | None:
    """Why the server is not there; None: it is. It is asked once."""
    return asyncio.run(_unreachable(url))


async def _unreachable(url: str) -> str | None:
    async with open_store(url) as store:
        try:
            await store.ping()
        except Exception as error:
            return str(error)
    return None


def _with(url: str, option: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{option}"


async def _delete(prefix: str) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(REDIS) as client:
        async for key in client.scan_iter(match=f"{prefix}*", count=1000):
            await client.delete(key)


async def _drop(schema: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(POSTGRESQL)
    try:
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    finally:
        await connection.close()
