"""A request that is cancelled in the middle of a change keeps nobody else from changing anything."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from nexios.stores import SQLStore
from nexios.stores.sql.tables import revocations
from tests.stores.things import a_revocation

pytestmark = pytest.mark.anyio


async def test_a_file_is_not_locked_by_a_statement_of_who_has_gone(tmp_path: Path) -> None:
    held: list[Any] = []
    reached = asyncio.Event()

    async def given_up(connection: Any) -> None:
        await connection.execute(delete(revocations))
        driver = (await connection.get_raw_connection()).driver_connection
        # As the frames of a cancelled task hold a row that nobody has read, until they are collected.
        held.append(await driver.execute("SELECT 1 UNION SELECT 2"))
        reached.set()
        await asyncio.Event().wait()

    async with SQLStore(f"sqlite:///{tmp_path / 'app.db'}", timeout=1) as store:
        await store.upgrade()
        gone = asyncio.create_task(store._database.transaction(given_up))
        await asyncio.wait_for(reached.wait(), 20)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        await store.revoke([a_revocation()])
        assert len((await store.revoked_since("jti", None, 10))[0]) == 1
    held.clear()
