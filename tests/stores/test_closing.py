"""A store that is closed while it is asked lets go of that connection too."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from nexios.stores import open_store
from tests.stores.things import NOW

pytestmark = pytest.mark.anyio


async def test_what_is_going_on_while_the_store_is_closed_leaves_no_connection_behind(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db", timeout=20)
    await store.upgrade()
    await store.close()
    before = set(threading.enumerate())
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    purging = asyncio.create_task(store.purge_revocations(NOW, 10))
    # It has a connection, and waits for the other one to let go of the file.
    while not (connections := set(threading.enumerate()) - before):  # noqa: ASYNC110 - a thread tells no event
        await asyncio.sleep(0.01)

    await store.close()
    other.execute("COMMIT")
    other.close()

    assert await purging == 0
    for connection in connections:
        await asyncio.to_thread(connection.join, 10)
        assert not connection.is_alive()
