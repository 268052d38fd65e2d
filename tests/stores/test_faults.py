"""A server that stops, hangs or talks nonsense: a bounded time, nobody let in, and well again by itself."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.stores import open_store
from tests.stores.engines import Engine
from tests.stores.proxy import FAULTS, Proxy
from tests.stores.things import a_hash, a_revocation, a_session

BOUND = 2.0
"""In how many seconds a dead server must be known, and a living one used again."""


@asynccontextmanager
async def behind_proxy(engine: Engine, **options: Any) -> AsyncIterator[tuple[Any, Proxy]]:
    """A store with its tables whose server is reached through a proxy."""
    async with engine.open() as store:
        await store.add_session(a_session(data={"a": b"1"}))
    url = urlsplit(engine.url)
    async with Proxy(url.hostname or "127.0.0.1", url.port or 0) as proxy:
        user = url.netloc.rpartition("@")[0]
        there = f"{user}@127.0.0.1:{proxy.port}" if user else f"127.0.0.1:{proxy.port}"
        async with open_store(urlunsplit(url._replace(netloc=there)), **options) as store:
            await store.find_session(a_hash("s1"))
            yield store, proxy


async def timed(asked: Coroutine[Any, Any, Any]) -> tuple[str, float]:
    """How `asked` ended, and in how many seconds."""
    began = time.monotonic()
    try:
        await asked
    except StoreUnavailable:
        return "unavailable", time.monotonic() - began
    return "answered", time.monotonic() - began


async def until_well(store: Any) -> float:
    """In how many seconds the store answers again."""
    began = time.monotonic()
    while (await timed(store.find_session(a_hash("s1"))))[0] != "answered":
        assert time.monotonic() - began < 10
        await asyncio.sleep(0.01)
    return time.monotonic() - began


@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_dead_server_is_known_soon_and_a_living_one_is_used_again(server: Engine, fault: Any) -> None:
    async with behind_proxy(server) as (store, proxy):
        assert all(await asyncio.gather(*(store.find_session(a_hash("s1")) for _ in range(10))))
        await fault(proxy)
        asked = [
            *(store.find_session(a_hash("s1")) for _ in range(10)),
            *(store.change_session("s1", {f"k{each}": b"1"}) for each in range(10)),
            store.revoke([a_revocation()]),
            store.ping(),
        ]
        ended = await asyncio.gather(*map(timed, asked))
        assert {how for how, _ in ended} == {"unavailable"}
        assert max(seconds for _, seconds in ended) < BOUND
        await proxy.heal()
        assert await until_well(store) < BOUND
        # And it is so for all, not for the lucky one that had a new connection.
        ended = await asyncio.gather(*(timed(store.find_session(a_hash("s1"))) for _ in range(30)))
        assert {how for how, _ in ended} == {"answered"}


@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_store_is_closed_in_a_bounded_time_whatever_its_server_does(
    server: Engine, fault: Any
) -> None:
    async with behind_proxy(server) as (store, proxy):
        await asyncio.gather(*(store.find_session(a_hash("s1")) for _ in range(10)))
        await fault(proxy)
        assert (await timed(store.close()))[1] < BOUND


@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_store_whose_server_was_never_there_says_so_soon(server: Engine, fault: Any) -> None:
    async with behind_proxy(server) as (store, proxy):
        await store.close()
        await fault(proxy)
        for asked in (store.ping(), store.upgrade(), store.find_session(a_hash("s1"))):
            how, seconds = await timed(asked)
            assert how == "unavailable"
            assert seconds < BOUND
        await proxy.heal()
        assert await until_well(store) < BOUND


@pytest.mark.anyio
async def test_under_load_nothing_is_lost_that_was_acknowledged(server: Engine) -> None:
    acknowledged: set[str] = set()
    slowest = 0.0
    running = True

    async def write(store: Any, who: int) -> None:
        nonlocal slowest
        number = 0
        while running:
            number += 1
            key = f"{who}-{number}"
            how, seconds = await timed(store.change_session(f"w{who}", {key: b"1"}))
            slowest = max(slowest, seconds)
            if how == "answered":
                acknowledged.add(key)
            else:
                await asyncio.sleep(0.02)

    async with behind_proxy(server) as (store, proxy):
        for each in range(30):
            await store.add_session(a_session(id=f"w{each}", secret_hash=a_hash(f"w{each}")))
        writers = [asyncio.create_task(write(store, each)) for each in range(30)]
        for fault in FAULTS.values():
            await asyncio.sleep(0.15)
            await fault(proxy)
            await asyncio.sleep(0.15)
            await proxy.heal()
        assert await until_well(store) < BOUND
        running = False
        await asyncio.gather(*writers)
    assert slowest < BOUND
    assert acknowledged
    async with server.open() as store:
        kept = {key for session in await store.list_sessions("ada") for key in session.data}
        assert acknowledged <= kept


@pytest.mark.anyio
async def test_a_row_that_a_lost_connection_holds_is_free_again_soon(postgresql: Engine) -> None:
    async with behind_proxy(postgresql) as (store, proxy), postgresql.open() as other:

        async def hold_and_be_lost(connection: Any) -> None:
            held = "SELECT id FROM nexios_sessions WHERE id = 's1' FOR UPDATE"
            await connection.exec_driver_sql(held)
            await proxy.lose()
            await connection.exec_driver_sql(held)

        assert (await timed(store._database.transaction(hold_and_be_lost)))[0] == "unavailable"
        how, seconds = await timed(other.change_session("s1", {"a": b"2"}))
        assert how == "answered"
        assert seconds < BOUND


@pytest.mark.anyio
async def test_one_answer_that_does_not_come_is_enough_to_mistrust_every_idle_connection(
    server: Engine,
) -> None:
    async with behind_proxy(server) as (store, proxy):
        await asyncio.gather(*(store.find_session(a_hash("s1")) for _ in range(10)))
        await proxy.lose()
        assert (await timed(store.ping()))[0] == "unavailable"
        await proxy.heal()
        ended = await asyncio.gather(*(timed(store.find_session(a_hash("s1"))) for _ in range(30)))
        assert {how for how, _ in ended} == {"answered"}


@pytest.mark.anyio
@pytest.mark.parametrize("fault", [Proxy.stop, Proxy.reset], ids=["said", "without a word"])
@pytest.mark.parametrize(
    "anyio_backend",
    [("asyncio", {}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
async def test_a_server_that_was_restarted_is_not_noticed(server: Engine, fault: Any) -> None:
    async with behind_proxy(server) as (store, proxy):
        await asyncio.gather(*(store.find_session(a_hash("s1")) for _ in range(10)))
        await fault(proxy)
        await proxy.heal()
        await asyncio.sleep(0.05)
        ended = await asyncio.gather(*(timed(store.find_session(a_hash("s1"))) for _ in range(30)))
        assert {how for how, _ in ended} == {"answered"}


@pytest.mark.anyio
async def test_no_error_shows_the_password(server: Engine) -> None:
    url = urlsplit(server.url)
    there = f"ada:geheim@127.0.0.1:{1}"
    async with open_store(urlunsplit(url._replace(netloc=there))) as store:
        with pytest.raises(StoreUnavailable) as raised:
            await store.ping()
    assert "geheim" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.anyio
async def test_a_file_that_another_process_holds_is_waited_for_a_bounded_time(tmp_path: Path) -> None:
    import sqlite3

    async with open_store(f"sqlite:///{tmp_path}/app.db", timeout=0.5) as store:
        await store.upgrade()
        await store.add_session(a_session())
        other = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(StoreUnavailable, match="is locked by another process"):
                await store.change_session("s1", {"a": b"1"})
            # Who only reads does not wait.
            assert await store.find_session(a_hash("s1")) == a_session()
        finally:
            other.close()
        assert await store.change_session("s1", {"a": b"1"})


@pytest.mark.anyio
async def test_a_full_disk_is_said_and_what_was_there_stays(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/app.db", pool_size=1, max_overflow=0) as store:
        await store.upgrade()
        await store.add_session(a_session(data={"a": b"1"}))
        async with store._database._engines.get().asyncio.connect() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar()
            await connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StoreUnavailable, match="has no space left on its disk"):
            await store.change_session("s1", {"a": b"2", "b": b"x" * 1_000_000})
        # Another connection, without the bound
        await store.close()
        assert (await store.get_session("s1")).data == {"a": b"1"}
        assert await store.change_session("s1", {"b": b"x" * 1_000_000})


@pytest.mark.anyio
@pytest.mark.parametrize("content", [b"", b"no database " * 1000], ids=["empty", "another file"])
async def test_a_file_that_is_no_database_of_ours_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "app.db").write_bytes(content)
    async with open_store(f"sqlite:///{tmp_path}/app.db") as store:
        with pytest.raises(
            (ConfigError, StoreUnavailable), match=r"has not the tables|is no SQLite database"
        ):
            await store.find_key(a_hash(1))


READ_ONLY = """
import asyncio, os, sys
from nexios.exceptions import StoreUnavailable
from nexios.stores import open_store
from tests.stores.things import a_hash, a_key

async def ask(work):
    async with open_store(sys.argv[1]) as store:
        try:
            await work(store)
        except StoreUnavailable as error:
            print(error)

# Everything is imported by this one, as long as it can be.
asyncio.run(ask(lambda store: store.list_keys()))
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
asyncio.run(ask(lambda store: store.add_key(a_key(), a_hash(1))))
"""


def test_a_file_that_can_only_be_read_is_said(tmp_path: Path) -> None:
    file = tmp_path / "app.db"

    async def make() -> None:
        async with open_store(f"sqlite:///{file}") as store:
            await store.upgrade()

    asyncio.run(make())
    file.chmod(0o444)
    tmp_path.chmod(0o555)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o111)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, f"sqlite:///{file}"], capture_output=True, text=True, check=False
    )
    tmp_path.chmod(0o755)
    assert done.stdout == (
        f"the store at {file} can only be read: let this process write to the file and to its folder\n"
    ), done.stderr
