"""Where a siege happens: a schema and a prefix of its own, users, and a key ring in a file."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]
from redis.asyncio import Redis

from benchmarks.siege.app import tokens_of
from nexios.apikeys import APIKeys
from nexios.session import Sessions
from nexios.stores import open_store
from nexios.tokens import KeyRing, Tokens
from tests.stores.proxy import Proxy

USERS = [f"user-{number}" for number in range(1000)]


@dataclass(frozen=True, slots=True)
class Place:
    """What the workers are told, and what is done to them from elsewhere.

    Attributes:
        environment: What a worker finds its stores by; they lead through the proxies.
        proxies: By the name of the store that is behind each.
        ring_file: The file of the key ring that the workers follow.
        keys: API keys as another process has them, which no fault concerns.
        sessions: Sessions, likewise.
        tokens: Tokens, likewise.
        block: Blocks a user.
    """

    environment: dict[str, str]
    proxies: dict[str, Proxy]
    ring_file: Path
    keys: APIKeys
    sessions: Sessions
    tokens: Tokens
    block: Callable[[str], Awaitable[None]]


@asynccontextmanager
async def place(
    folder: Path, postgresql: str, redis: str, *, store_timeout: float, ttl: int
) -> AsyncIterator[Place]:
    """A place of which nothing is left afterwards.

    Args:
        folder: Where the ring's file is put.
        postgresql: The URL of a database.
        redis: The URL of a Redis.
        store_timeout: How long an operation of a worker's store may take, in seconds.
        ttl: How long an access token lives, in seconds.
    """
    name = f"nexios_siege_{secrets.token_hex(4)}"
    ring_file = folder / "ring.json"
    KeyRing.generate().save(ring_file)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_drop, postgresql, name)
        stack.push_async_callback(_delete, redis, f"{name}:")
        proxies = {}
        for engine, url, usual in (("PostgreSQL", postgresql, 5432), ("Redis", redis, 6379)):
            parts = urlsplit(url)
            proxy = Proxy(parts.hostname or "127.0.0.1", parts.port or usual)
            proxies[engine] = await stack.enter_async_context(proxy)
        store = await stack.enter_async_context(open_store(postgresql, schema=name, timeout=20.0))
        await store.upgrade()
        session_store = await stack.enter_async_context(open_store(redis, prefix=f"{name}:", timeout=20.0))
        async with _connected(postgresql, name) as connection:
            await connection.execute(
                "CREATE TABLE users (id text PRIMARY KEY, name text, blocked bool DEFAULT false)"
            )
            rows = [(user, user.title()) for user in USERS]
            await connection.executemany("INSERT INTO users VALUES ($1, $2)", rows)

        async def block(user: str) -> None:
            async with _connected(postgresql, name) as connection:
                await connection.execute("UPDATE users SET blocked = true WHERE id = $1", user)

        through = _through(postgresql, proxies["PostgreSQL"].port)
        environment = {
            "SIEGE_POSTGRESQL": f"{through}?schema={name}&timeout={store_timeout}",
            "SIEGE_USERS": through,
            "SIEGE_SCHEMA": name,
            "SIEGE_REDIS": f"{_through(redis, proxies['Redis'].port)}?prefix={name}:&timeout={store_timeout}",
            "SIEGE_TIMEOUT": str(store_timeout),
            "SIEGE_TTL": str(ttl),
            "SIEGE_RING": str(ring_file),
        }
        yield Place(
            environment,
            proxies,
            ring_file,
            APIKeys(store, kept=0),
            Sessions(session_store),
            tokens_of(KeyRing.follow(ring_file), store, ttl),
            block,
        )


def _through(url: str, port: int) -> str:
    """`url`, with the proxy's address in place of the server's."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    there = f"{user}@127.0.0.1:{port}" if user else f"127.0.0.1:{port}"
    return urlunsplit(parts._replace(netloc=there))


@asynccontextmanager
async def _connected(url: str, schema: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url, server_settings={"search_path": schema})
    try:
        yield connection
    finally:
        connection.terminate()


async def _drop(url: str, schema: str) -> None:
    async with _connected(url, schema) as connection:
        await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


async def _delete(url: str, prefix: str) -> None:
    async with Redis.from_url(url) as client:
        async for key in client.scan_iter(match=f"{prefix}*", count=1000):
            await client.delete(key)
