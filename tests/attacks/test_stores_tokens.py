"""Attacks on refresh tokens in a store: a race over processes, and a stolen database."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nexios.exceptions import InvalidToken
from nexios.tokens import KeyRing, Tokens
from tests.stores.engines import Engine, fresh, needs_service

ROOT = Path(__file__).parents[2]
SERVICES = [pytest.param(name, id=name, marks=pytest.mark.service) for name in ("postgresql", "redis")]

# Each process refreshes one token so many times at once, when it is told to.
PROCESS = """
import asyncio, json, sys
from datetime import timedelta
from nexios.exceptions import InvalidToken
from nexios.stores import open_store
from nexios.tokens import KeyRing, Tokens

async def main(url, token, ring):
    async with open_store(url) as store:
        await store.ping()
        tokens = Tokens(KeyRing.load(ring), store=store, issuer="https://api.example", audience="api",
                        reuse_grace=timedelta(0))
        print("ready", flush=True)
        sys.stdin.readline()
        found = await asyncio.gather(*(tokens.refresh(token) for _ in range(25)), return_exceptions=True)
        failed = [each for each in found if isinstance(each, BaseException)]
        won = [each.refresh_token for each in found if each not in failed]
        others = [type(each).__name__ for each in failed if not isinstance(each, InvalidToken)]
        print(json.dumps({"won": won, "others": others}), flush=True)

asyncio.run(main(*json.loads(sys.stdin.readline())))
"""


@pytest.fixture(params=["sqlite", *SERVICES])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every store that processes share."""
    needs_service(request.param)
    with fresh(request.param, tmp_path) as made:
        yield made


def tokens_of(store: Any, ring: KeyRing) -> Tokens:
    return Tokens(ring, store=store, issuer="https://api.example", audience="api", reuse_grace=timedelta(0))


def test_stores_02_of_fifty_uses_at_once_over_two_processes_at_most_one_wins(
    engine: Engine, tmp_path: Path
) -> None:
    ring = KeyRing.generate()
    file = tmp_path / "ring.json"
    ring.save(file)

    async def issue() -> str:
        async with engine.open() as store:
            return (await tokens_of(store, ring).issue("7")).refresh_token

    token = asyncio.run(issue())
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    try:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(json.dumps([engine.url, token, str(file)]) + "\n")
            process.stdin.flush()
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        answers = [json.loads(process.communicate(timeout=60)[0]) for process in _told(processes)]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    # A loaded machine may time out; whoever does has not got anything.
    assert {other for answer in answers for other in answer["others"]} <= {"StoreUnavailable"}
    won = [each for answer in answers for each in answer["won"]]
    assert len(won) <= 1

    async def afterwards() -> None:
        async with engine.open() as store:
            for each in (token, *won):
                with pytest.raises(InvalidToken):
                    await tokens_of(store, ring).refresh(each)

    asyncio.run(afterwards())


def _told(processes: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """The processes, once all of them were told to begin at about the same time."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes


def test_stores_08_no_value_of_a_stolen_database_refreshes_anything(tmp_path: Path) -> None:
    ring = KeyRing.generate()

    async def attack() -> None:
        with fresh("sqlite", tmp_path) as engine:
            async with engine.open() as store:
                tokens = tokens_of(store, ring)
                pair = await tokens.issue("7")
                await tokens.revoke((await tokens.issue("8")).access_token)
                for value in _stolen(tmp_path / "store.db"):
                    for presented in (value, f"rt_{value}", f"rt_{value[:43]}"):
                        for ask in (tokens.refresh, tokens.verify):
                            with pytest.raises(InvalidToken):
                                await ask(presented)
                    assert pair.refresh_token.removeprefix("rt_") not in value
                    assert pair.access_token not in value
                assert await tokens.refresh(pair.refresh_token)

    asyncio.run(attack())


def _stolen(file: Path) -> list[str]:
    """Every value in the database, as text."""
    found: list[str] = []
    with closing(sqlite3.connect(file)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert any("refresh" in name or "token" in name for name in tables)
        for table in tables:
            for row in database.execute(f"SELECT * FROM {table}"):
                found += [each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in row]
    assert len(found) > 10
    return found
