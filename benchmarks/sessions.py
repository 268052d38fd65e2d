"""What it costs to keep sessions in a store: requests per second, beside what Starlette users take."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import asyncpg
import redis

from benchmarks.candidates import Candidate
from benchmarks.figures import Figure, figures
from benchmarks.machine import pinned
from benchmarks.progress import console, steps
from benchmarks.requests import REQUESTS
from benchmarks.served import served, wrk
from benchmarks.world import POSTGRESQL, REDIS, SESSIONS

YARDSTICK = "sessions.starlette_cookie"

CANDIDATES = (
    Candidate("sessions.starlette_cookie", "Starlette, signed cookie", ("starlette", "itsdangerous")),
    Candidate("sessions.nexios_signed", "Nexios, signed cookie", ("nexios",)),
    Candidate("sessions.starsessions_redis", "starsessions, Redis", ("starsessions", "redis")),
    Candidate("sessions.nexios_redis", "Nexios, Redis", ("nexios", "redis")),
    Candidate("sessions.nexios_postgresql", "Nexios, PostgreSQL", ("nexios", "sqlalchemy", "asyncpg")),
)


async def _postgresql(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRESQL)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def _places() -> Iterator[None]:
    """Where the sessions are kept for the time of the block."""
    asyncio.run(_postgresql(f"CREATE SCHEMA {SESSIONS}"))
    try:
        yield
    finally:
        asyncio.run(_postgresql(f"DROP SCHEMA {SESSIONS} CASCADE"))
        with redis.Redis.from_url(REDIS) as server:
            for key in server.scan_iter(f"{SESSIONS}:*", count=1000):
                server.delete(key)


def measure(rounds: int, seconds: int) -> dict[str, Figure] | None:
    """Application to requests per second of a session that nobody changes, and times Starlette's own.

    None: wrk is missing, and that was said.
    """
    if shutil.which("wrk") is None:
        console.print("[yellow]sessions: skipped, wrk is not installed")
        return None
    request = REQUESTS["session"]
    rates: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        stack.enter_context(_places())
        with console.status("starting the servers"):
            servers = [stack.enter_context(served(candidate, [request])) for candidate in CANDIDATES]
        stack.enter_context(pinned(1))
        with steps("sessions", len(servers) * (1 + rounds)) as step:
            for server in servers:
                step(f"warming up: {server.label}")
                wrk(server, request, 1)
            for number in range(1, rounds + 1):
                for server in random.sample(servers, len(servers)):
                    step(f"round {number}: {server.label}")
                    rates[server.name].append(wrk(server, request, seconds))
    return figures({server.name: rates[server.name] for server in servers}, YARDSTICK)
