"""Does an API key cost more to verify where there are a million of them: SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import random
import secrets
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.machine import pinned
from benchmarks.progress import console, steps
from benchmarks.world import POSTGRESQL
from nexios.apikeys import APIKeys, create_api_key
from nexios.stores import SQLStore
from nexios.stores.sql.tables import keys as table

FEW, MANY = 1_000, 1_000_000
REAL = 1_000
"""Of so many keys the secret is known; they stand among all others, and are asked for at random."""
CHUNK = 10_000
SLICE = 500


class Subject:
    """A database full of keys, and those of them that are asked for."""

    def __init__(self, store: SQLStore, secrets: Sequence[str]) -> None:
        # Nothing is kept: each verification is a look-up.
        self._keys = APIKeys(store, kept=0)
        self._secrets = secrets

    async def slice(self) -> float:
        """µs for a verification, by the clock on the wall: the time of the database is a part of it."""
        asked = random.choices(self._secrets, k=SLICE)
        gc.collect()
        started = time.perf_counter()
        for secret in asked:
            if await self._keys.verify(secret) is None:
                raise RuntimeError("a key that is good was refused")
        return (time.perf_counter() - started) / SLICE * 1e6


def _row(number: int, key_hash: str) -> dict[str, Any]:
    return {
        "id": secrets.token_urlsafe(12),
        "key_hash": key_hash,
        "owner": str(number % 50_000),
        "name": f"key {number}",
        "prefix": "key",
        "hint": "0000",
        "permissions": '["read"]',
        "created_at": datetime.now(UTC),
        "metadata": "{}",
    }


async def _fill(engine: AsyncEngine, number: int, real: Sequence[str]) -> None:
    every = number // len(real)
    for start in range(0, number, CHUNK):
        rows = []
        for place in range(start, min(start + CHUNK, number)):
            known = place % every == 0
            key = real[place // every] if known else secrets.token_hex(16)
            rows.append(_row(place, hashlib.sha256(key.encode()).hexdigest()))
        async with engine.begin() as connection:
            await connection.execute(insert(table), rows)
    # As it would have been done long ago where keys are made one at a time.
    async with engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in ("VACUUM", "ANALYZE"):
            await connection.execute(text(statement))


@asynccontextmanager
async def _subject(opened: SQLStore, engine: AsyncEngine, number: int) -> AsyncIterator[Subject]:
    real = [create_api_key()[0] for _ in range(REAL)]
    async with opened as store:
        await store.upgrade()
        await _fill(engine, number, real)
        yield Subject(store, real)


@asynccontextmanager
async def _sqlite(number: int) -> AsyncIterator[Subject]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "keys.db"
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        async with _subject(SQLStore(f"sqlite:///{path}"), engine, number) as subject:
            await engine.dispose()
            yield subject


@asynccontextmanager
async def _postgresql(number: int) -> AsyncIterator[Subject]:
    schema = f"nexios_benchmark_{secrets.token_hex(4)}"
    address = POSTGRESQL.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(address, connect_args={"server_settings": {"search_path": schema}})
    async with engine.begin() as connection:
        await connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        async with _subject(SQLStore(POSTGRESQL, schema=schema), engine, number) as subject:
            yield subject
    finally:
        async with engine.begin() as connection:
            await connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        await engine.dispose()


async def _measure(rounds: int, many: int) -> dict[str, dict[str, float]]:
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    async with AsyncExitStack() as stack:
        subjects = {}
        for name, made in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
            for number in (FEW, many):
                with console.status(f"{name}: {number:,} keys"):
                    subjects[name, number] = await stack.enter_async_context(made(number))
        with steps("keys in a store", (rounds + 1) * len(subjects)) as step:
            for number in range(rounds + 1):
                for which, subject in random.sample(list(subjects.items()), len(subjects)):
                    step(f"round {number}: {which[1]:,} keys, {which[0]}")
                    found[which].append(await subject.slice())
    return {
        name: {
            "few": median(found[name, FEW][1:]),
            "many": median(found[name, many][1:]),
            "ratio": median(b / a for a, b in zip(found[name, FEW][1:], found[name, many][1:], strict=True)),
        }
        for name in ("SQLite", "PostgreSQL")
    }


def measure(rounds: int, many: int = MANY) -> dict[str, dict[str, float]]:
    """Database to µs for a verification among few keys and among `many`, and the one times the other."""
    with pinned(0):
        return asyncio.run(_measure(rounds, many))
