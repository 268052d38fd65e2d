"""A process that is killed while it writes: what it was told is there, and nothing is half there."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, TextIO

from nexios.stores import open_store
from tests.stores.engines import Engine
from tests.stores.things import a_hash, later

# Imports once, then makes a child of itself for each line: the writer of that name, which says what it was
# told into the pipe of that name.
WRITERS = """
import asyncio, os, signal, sys
import aiosqlite, asyncpg
from nexios.stores import open_store
from nexios.stores.sql import SQLStore
from tests.stores.things import a_family, a_hash, a_key, a_session, a_token, later

async def keys(store, tell, who, number):
    old, new = f"{who}k{number}", f"{who}n{number}"
    await store.add_key(a_key(id=old), a_hash(old))
    tell("key", old)
    assert await store.replace_key(old, later(hours=1), a_key(id=new), a_hash(new))
    tell("replaced", old + " " + new)

async def sessions(store, tell, who, number):
    name = f"{who}s{number}"
    await store.add_session(a_session(id=name, secret_hash=a_hash(name), data={"a": b"1", "b": b"1"}))
    tell("session", name)
    assert await store.change_session(name, {"a": b"2", "b": b"2"}, secret_hash=a_hash(name + "x"))
    tell("changed", name)

async def tokens(store, tell, who, number):
    name = f"{who}f{number}"
    await store.add_family(a_family(id=name), a_token(token_hash=a_hash(name), family=name))
    tell("family", name)
    await store.use_refresh(a_hash(name), later(hours=1))
    tell("used", name)

async def main(url, who, pipe):
    def tell(what, name):
        os.write(pipe, f"{what} {name}\\n".encode())

    async with open_store(url, timeout=20.0) as store:
        async def forever(write):
            number = 0
            while True:
                number += 1
                await write(store, tell, who, number)
        await asyncio.gather(*map(forever, (keys, sessions, tokens)))

url, folder = sys.argv[1:]
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    who = line.strip()
    child = os.fork()
    if child == 0:
        asyncio.run(main(url, who, os.open(f"{folder}/{who}", os.O_WRONLY)))
    print(child, flush=True)
"""

# On each of two engines: fifty in all
KILLED = 25
AT_ONCE = 5


def test_what_a_killed_process_was_told_is_there_and_nothing_is_half_there(
    sql_engine: Engine, tmp_path: Path
) -> None:
    dice = random.Random(7)

    async def upgrade() -> None:
        async with sql_engine.open():
            pass

    asyncio.run(upgrade())
    told: list[tuple[str, str]] = []
    command = [sys.executable, "-c", WRITERS, sql_engine.url, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writers:
        for round_ in range(KILLED // AT_ONCE):
            started = [_writer(writers, tmp_path, f"p{round_}{number}") for number in range(AT_ONCE)]
            for process, pipe in started:
                told += _until_killed(process, pipe, dice.randrange(1, 30))
    asyncio.run(_check(sql_engine, told))
    assert {what for what, _ in told} == {"key", "replaced", "session", "changed", "family", "used"}


def _writer(writers: subprocess.Popen[str], folder: Path, who: str) -> tuple[int, TextIO]:
    """A new writer's process, and what it tells."""
    os.mkfifo(folder / who)
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write(f"{who}\n")
    writers.stdin.flush()
    return int(writers.stdout.readline()), (folder / who).open()


def _until_killed(process: int, pipe: TextIO, lines: int) -> list[tuple[str, str]]:
    """What a process was told until it is killed after some lines, in the middle of whatever it does."""
    with pipe:
        told = [pipe.readline() for _ in range(lines)]
        assert all(told), "it ended by itself"
        os.kill(process, signal.SIGKILL)
        told += pipe.readlines()
    whole = [line.rstrip("\n").partition(" ") for line in told if line.endswith("\n")]
    return [(what, name) for what, _, name in whole]


async def _check(engine: Engine, told: list[tuple[str, str]]) -> None:
    async with open_store(engine.url, timeout=20.0) as store:
        for what, name in told:
            assert await _is_there(store, what, name), (what, name)
        await _nothing_is_half_there(store)


async def _is_there(store: Any, what: str, name: str) -> bool:
    if what == "key":
        return await store.find_key(a_hash(name)) is not None
    if what == "replaced":
        old, new = name.split()
        key = await store.get_key(old)
        return bool(key.replaced_by == new and await store.find_key(a_hash(new)) is not None)
    if what in {"session", "changed"}:
        session = await store.get_session(name)
        return session is not None and (what == "session" or session.data == {"a": b"2", "b": b"2"})
    token, _ = await store.find_refresh(a_hash(name))
    return what == "family" or token.used_at == later(hours=1)


async def _nothing_is_half_there(store: Any) -> None:
    keys: list[Any] = []
    while page := await store.list_keys(after=keys[-1].id if keys else None):
        keys += page
    replaced = {key.replaced_by for key in keys if key.replaced_by}
    assert {key.id for key in keys if "n" in key.id} == replaced
    for session in await store.list_sessions("ada", limit=100_000):
        changed = session.data == {"a": b"2", "b": b"2"}
        assert changed or session.data == {"a": b"1", "b": b"1"}
        assert session.secret_hash == a_hash(session.id + ("x" if changed else ""))
    assert await store.end_families("ada", keys[0].created_at) > 0
