"""What is a database's own: its URL, its pool, its event loops, and rows that others wrote."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.stores import SQLStore, open_store
from tests.stores.engines import POSTGRESQL, Engine
from tests.stores.things import NOW, a_hash, a_key, a_revocation, a_session, later


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("geheim", "choose from"),
        ("mysql://ada:geheim@host/db", "choose from"),
        ("postgresql+psycopg://ada:geheim@host/db", "not postgresql+psycopg://"),
        ("postgresql://ada:geheim@host:x/db", "cannot be read"),
        ("postgresql://ada:geheim@host/db?channel_binding=geheim", "channel_binding, which is not known"),
        ("postgresql://ada:geheim@host/db?pool_size=geheim", "pool_size in the store's URL must be a number"),
        ("postgresql://ada:geheim@host/db?pool_size=0", "at least 1"),
        ("sqlite://", "is a file"),
        ("sqlite:///:memory:", "is a file"),
        ("sqlite:///app.db?cache=geheim", "is a file"),
        ("sqlite:///app.db?schema=geheim", "SQLite has no schemas"),
        ("memory://geheim", "takes nothing"),
    ],
)
def test_a_url_that_is_none_is_refused_without_showing_what_is_secret(url: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        open_store(url)
    assert says in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("value", [None, b"sqlite:///app.db", 7, Path("app.db")], ids=ascii)
def test_a_url_is_text(value: Any) -> None:
    with pytest.raises(ConfigError, match="a store's URL is text"):
        open_store(value)


@pytest.mark.parametrize(
    "options",
    [{"pool_size": 0}, {"max_overflow": -1}, {"timeout": 0}, {"timeout": -1.0}, {"pool_timeout": 0}],
    ids=str,
)
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"at least|above 0"):
        SQLStore("sqlite:///app.db", **options)


@pytest.mark.parametrize("spelling", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_no_password_is_shown(spelling: str) -> None:
    store = open_store(f"{spelling}://ada:geheim@host/db?sslmode=require&application_name=app")
    assert repr(store) == "SQLStore('host:5432/db')"


@pytest.mark.anyio
async def test_a_file_is_the_one_of_the_folder_in_which_the_store_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///app.db")
    monkeypatch.chdir("/")
    async with store:
        await store.upgrade()
    assert (tmp_path / "app.db").exists()


@pytest.mark.anyio
async def test_a_file_is_in_wal_mode_and_safe_from_a_power_cut(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/app.db") as store:
        await store.upgrade()
        async with store._database._engines.get().asyncio.connect() as connection:
            asked = [
                await connection.exec_driver_sql(f"PRAGMA {name}") for name in ("journal_mode", "synchronous")
            ]
            assert [each.scalar() for each in asked] == ["wal", 2]


@pytest.mark.anyio
async def test_without_tables_an_error_says_how_to_make_them(sql_engine: Engine) -> None:
    async with open_store(sql_engine.url) as store:
        await store.ping()
        for asked in (
            store.find_key(a_hash(1)),
            store.add_session(a_session(data={"a": b"1"})),
            store.revoke([a_revocation()]),
        ):
            with pytest.raises(ConfigError, match=r"run `nexios db upgrade`, or `await store.upgrade\(\)`"):
                await asked


@pytest.mark.anyio
async def test_a_column_that_is_missing_is_said_and_one_too_many_does_no_harm(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/app.db") as store:
        await store.upgrade()
        await store.add_key(a_key(), a_hash(1))
        _sql(tmp_path, "ALTER TABLE nexios_api_keys ADD COLUMN newer TEXT DEFAULT 'x'")
        assert await store.find_key(a_hash(1)) == a_key()
        _sql(tmp_path, "ALTER TABLE nexios_api_keys DROP COLUMN addresses")
        with pytest.raises(ConfigError, match="nexios db upgrade"):
            await store.find_key(a_hash(1))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "corrupt",
    [
        "permissions = '[\"read\"'",
        "permissions = '\"read\"'",
        "permissions = '{\"read\": true}'",
        "permissions = '[1]'",
        "permissions = ''",
        "metadata = '[]'",
        "metadata = 'null'",
        "addresses = '7'",
        "revoked_at = 'yesterday'",
        "expires_at = 5",
    ],
)
async def test_a_row_that_cannot_be_read_is_no_key(tmp_path: Path, corrupt: str) -> None:
    async with open_store(f"sqlite:///{tmp_path}/app.db") as store:
        await store.upgrade()
        await store.add_key(a_key(), a_hash(1))
        _sql(tmp_path, f"UPDATE nexios_api_keys SET {corrupt}")
        with pytest.raises(StoreUnavailable, match="holds a row that cannot be read"):
            await store.find_key(a_hash(1))


@pytest.mark.anyio
async def test_no_error_shows_what_was_asked_or_kept(tmp_path: Path) -> None:
    secret = "geheim" + a_hash(1)
    async with open_store(f"sqlite:///{tmp_path}/app.db") as store:
        await store.upgrade()
        await store.add_key(a_key(), secret)
        with pytest.raises(ValueError, match="kept already") as clash:
            await store.add_key(a_key(), secret)
        _sql(tmp_path, "DROP TABLE nexios_api_keys")
        with pytest.raises(ConfigError) as missing:
            await store.find_key(secret)
    for raised in (clash.value, missing.value):
        chain: BaseException | None = raised
        while chain is not None:
            assert "geheim" not in f"{chain}"
            assert "SELECT" not in f"{chain}"
            chain = chain.__cause__ or chain.__context__


def test_a_store_is_used_from_loops_that_come_and_go(sql_engine: Engine) -> None:
    store = open_store(sql_engine.url)

    async def round_(number: int) -> None:
        await store.upgrade()
        await store.add_key(a_key(id=f"k{number}"), a_hash(number))
        assert len(await store.list_keys()) == number + 1

    # None of them closes it: each loop closes what is its own as it ends.
    for number in range(3):
        asyncio.run(round_(number))
    asyncio.run(store.close())
    asyncio.run(store.close())


def test_a_store_is_used_from_loops_in_threads_at_once(sql_engine: Engine) -> None:
    store = open_store(sql_engine.url)
    asyncio.run(store.upgrade())
    failed: list[BaseException] = []

    async def work(thread: int) -> None:
        for number in range(10):
            await store.add_key(a_key(id=f"{thread}-{number}"), a_hash(f"{thread}{number}"))

    def run(thread: int) -> None:
        try:
            asyncio.run(work(thread))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(asyncio.run(store.list_keys())) == 40


@pytest.mark.anyio
async def test_closing_lets_go_of_the_connections_of_another_loop(sql_engine: Engine) -> None:
    store = open_store(sql_engine.url)
    await store.upgrade()
    used, done = threading.Event(), threading.Event()
    left: list[int] = []

    async def elsewhere() -> None:
        await store.find_key(a_hash(1))
        pool = store._database._engines.get().asyncio.sync_engine.pool
        used.set()
        await asyncio.to_thread(done.wait)
        left.append(pool.checkedin())

    thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
    thread.start()
    await asyncio.to_thread(used.wait)
    await store.close()
    done.set()
    await asyncio.to_thread(thread.join)
    assert left == [0]


@pytest.mark.parametrize("anyio_backend", ["trio"])
@pytest.mark.anyio
async def test_under_trio_an_error_says_that_asyncio_is_needed(anyio_backend: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="works under asyncio"):
        await open_store(f"sqlite:///{tmp_path}/app.db").ping()


@pytest.mark.anyio
async def test_two_hundred_at_once_share_two_connections(sql_engine: Engine) -> None:
    async with sql_engine.open(pool_size=1, max_overflow=1, timeout=20.0) as store:
        await store.add_session(a_session())
        asked = [store.find_session(a_hash("s1")) for _ in range(100)]
        asked += [store.change_session("s1", {f"k{each}": b"1"}) for each in range(100)]
        answers = await asyncio.gather(*asked)
        assert all(answers)
        assert len((await store.get_session("s1")).data) == 100


@pytest.mark.anyio
async def test_who_waits_too_long_for_a_connection_is_told_so(sql_engine: Engine) -> None:
    async with sql_engine.open(pool_size=1, max_overflow=0, pool_timeout=0.05, timeout=5.0) as store:
        async with store._database._engines.get().asyncio.connect():
            with pytest.raises(StoreUnavailable, match="no connection free in time: see pool_size"):
                await store.find_key(a_hash(1))
        assert await store.find_key(a_hash(1)) is None


@pytest.mark.anyio
async def test_one_who_gives_up_in_the_middle_leaves_the_store_in_order(sql_engine: Engine) -> None:
    async with sql_engine.open(pool_size=2, max_overflow=0) as store:
        await store.add_session(a_session())
        for delay in range(40):
            task = asyncio.create_task(store.change_session("s1", {f"a{delay}": b"1", f"b{delay}": b"1"}))
            for _ in range(delay):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        data = (await store.get_session("s1")).data
        # Each change is there as a whole or not at all.
        assert {key[1:] for key in data if key[0] == "a"} == {key[1:] for key in data if key[0] == "b"}
        assert await store.change_session("s1", {"last": b"1"})


@pytest.mark.anyio
@pytest.mark.service
async def test_a_revocation_that_is_committed_late_is_not_lost(postgresql: Engine) -> None:
    import asyncpg

    schema = postgresql.url.partition("schema=")[2]
    async with postgresql.open() as store:
        late = await asyncpg.connect(POSTGRESQL, server_settings={"search_path": schema})
        try:
            transaction = late.transaction()
            await transaction.start()
            await late.execute(
                "INSERT INTO nexios_revocations VALUES"
                " ('jti', 'late', $1, $2, pg_current_xact_id()::text::bigint)",
                NOW,
                later(hours=1),
            )
            await store.revoke([a_revocation(id="soon")])
            found, cursor, more = await store.revoked_since("jti", None, 10)
            assert ([each.id for each in found], more) == (["soon"], False)
            await transaction.commit()
            found, _, _ = await store.revoked_since("jti", cursor, 10)
            assert "late" in {each.id for each in found}
        finally:
            await late.close()


def _sql(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "app.db")) as database, database:
        database.execute(statement)
