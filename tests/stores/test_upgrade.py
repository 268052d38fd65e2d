"""Bringing the tables up to date: once, whoever asks, and without disturbing the application's own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.stores import SQLStore, open_store
from tests.stores.engines import Engine
from tests.stores.things import a_hash, a_key

UPGRADE = """
import asyncio, sys
from nexios.stores import open_store

async def main():
    async with open_store(sys.argv[1]) as store:
        await store.ping()
        print("ready", flush=True)
        sys.stdin.readline()
        await store.upgrade()
        print(await store.current(), flush=True)

asyncio.run(main())
"""


def test_four_processes_upgrade_at_once(sql_engine: Engine) -> None:
    command = [sys.executable, "-W", "error", "-c", UPGRADE, sql_engine.url]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen(command, text=True, **pipes) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60) for process in processes]
    newest = SQLStore.history()[-1].id
    assert [(out, error) for out, error in answers] == [(f"{newest}\n", "")] * 4
    assert [process.returncode for process in processes] == [0] * 4


@pytest.mark.anyio
async def test_an_upgrade_that_is_done_keeps_what_is_there_and_needs_no_alembic(
    sql_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(sql_engine.url) as store:
        assert await store.current() is None
        await store.upgrade()
        await store.add_key(a_key(), a_hash(1))
        for name in [name for name in sys.modules if name.partition(".")[0] == "alembic"]:
            monkeypatch.setitem(sys.modules, name, None)
        await store.upgrade()
        assert await store.get_key("k1") == a_key()


@pytest.mark.anyio
async def test_the_migrations_make_the_tables_that_the_store_asks(sql_engine: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from nexios.stores.sql.tables import metadata
    from nexios.stores.sql.upgrading import HEAD, VERSION_TABLE

    def another_type(context: Any, inspected: Any, declared: Any, there: Any, wanted: Any) -> bool:
        # As the database spells it, to which VARCHAR without a length is TEXT
        spelt = [each.compile(context.dialect).replace("VARCHAR", "TEXT") for each in (there, wanted)]
        return spelt[0] != spelt[1]

    def differences(connection: Any) -> Any:
        options = {"version_table": VERSION_TABLE, "compare_type": another_type}
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, metadata)

    async with sql_engine.open() as store:
        async with store._database._engines.get().asyncio.connect() as connection:
            assert await connection.run_sync(differences) == []
        assert await store.current() == HEAD == store.history()[-1].id


@pytest.mark.anyio
async def test_tables_of_a_newer_version_are_left_alone(sql_engine: Engine) -> None:
    async with sql_engine.open() as store:
        await _run(store, "UPDATE nexios_alembic_version SET version_num = '9999'")
        with pytest.raises(ConfigError, match=r"upgraded by a newer version .*: update Nexios"):
            await store.upgrade()
        assert await store.current() == "9999"


@pytest.mark.anyio
async def test_the_applications_own_tables_and_migrations_stay_as_they_are(sql_engine: Engine) -> None:
    async with open_store(sql_engine.url) as store:
        if sql_engine.kind == "postgresql":
            await _run(store, f"CREATE SCHEMA {sql_engine.url.partition('schema=')[2]}")
        await _run(store, "CREATE TABLE alembic_version (version_num TEXT)")
        await _run(store, "INSERT INTO alembic_version VALUES ('theirs')")
        await store.upgrade()
        assert await _run(store, "SELECT version_num FROM alembic_version") == [("theirs",)]


@pytest.mark.anyio
async def test_every_look_up_has_its_index(sql_engine: Engine) -> None:
    looked_up = {
        "nexios_api_keys": ["key_hash = 'x'", "id = 'x'", "owner = 'x' AND id > 'y'"],
        "nexios_sessions": ["secret_hash = 'x'", "id = 'x'", "identity = 'x'", "over_at < '2026-01-01'"],
        "nexios_session_data": ["session_id = 'x'"],
        "nexios_token_families": ["id = 'x'", "subject = 'x'", "expires_at < '2026-01-01'"],
        "nexios_refresh_tokens": ["token_hash = 'x'", "family = 'x'"],
        "nexios_revocations": [
            "kind = 'x' AND position >= 5",
            "kind = 'x' AND id = 'y'",
            "until < '2026-01-01'",
        ],
        "nexios_seen": ["kind = 'x' AND value_hash = 'y'", "until < '2026-01-01'"],
    }
    sqlite = sql_engine.kind == "sqlite"
    async with sql_engine.open(pool_size=1, max_overflow=0) as store:
        if not sqlite:
            # An empty table is read as a whole unless that is forbidden.
            await _run(store, "SET enable_seqscan = off")
        for table, conditions in looked_up.items():
            for condition in conditions:
                explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
                plan = str(await _run(store, f"{explain} SELECT * FROM {table} WHERE {condition}"))
                assert "INDEX" in plan.upper(), (table, condition, plan)
                assert "SEQ SCAN" not in plan.upper(), (table, condition, plan)


@pytest.mark.anyio
async def test_an_upgrade_of_a_database_that_is_down_is_said_soon() -> None:
    async with open_store("postgresql://ada:geheim@127.0.0.1:1/db") as store:
        with pytest.raises(StoreUnavailable, match=r"the store at 127\.0\.0\.1:1/db"):
            await store.upgrade()


async def _run(store: Any, statement: str) -> Any:
    async with store._database._engines.get().asyncio.connect() as connection:
        done = await connection.exec_driver_sql(statement)
        return [tuple(row) for row in done] if done.returns_rows else None
