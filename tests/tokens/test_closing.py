"""A store is closed after the logins that are being deleted, so that nothing opens it again."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from nexios.stores import MemoryStore
from tests.parts import Clock
from tests.tokens.issuing import tokens_of

pytestmark = pytest.mark.anyio


class Slow(MemoryStore):
    """A store that deletes once it is let to, and notes what."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.deleting = asyncio.Event()
        self.deleted: list[str] = []

    async def purge_tokens(self, now: datetime, limit: int) -> int:
        self.deleting.set()
        await self.gate.wait()
        self.deleted.append("tokens")
        return 0

    async def purge_revocations(self, now: datetime, limit: int) -> int:
        self.deleted.append("revocations")
        return 0


async def test_a_store_waits_for_what_is_being_deleted_before_it_is_closed(clock: Clock) -> None:
    store = Slow()
    tokens = tokens_of(store, clock)
    clock.turn(minutes=2)
    await tokens.issue("ada")
    await store.deleting.wait()

    closing = asyncio.create_task(store.close())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not closing.done()
    store.gate.set()
    await closing
    assert store.deleted == ["tokens", "revocations"]


async def test_a_store_of_which_nothing_is_deleted_is_closed_at_once(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for logins in (0, 1):
        store = Slow()
        tokens = tokens_of(store, clock)
        for _ in range(logins):
            await tokens.issue("ada")
        await store.close()
        assert store.deleted == []
    assert caplog.text == ""


def test_what_an_event_loop_that_has_ended_was_deleting_is_not_waited_for(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    store = Slow()
    tokens = tokens_of(store, clock)
    clock.turn(minutes=2)

    async def issue() -> None:
        await tokens.issue("ada")
        await store.deleting.wait()

    asyncio.run(issue())
    asyncio.run(store.close())
    assert store.deleted == []
    assert caplog.text == ""


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_on_another_kind_of_event_loop_nothing_is_deleted_and_all_else_is_as_ever(
    clock: Clock, anyio_backend: str
) -> None:
    store = Slow()
    tokens = tokens_of(store, clock)
    clock.turn(minutes=2)
    pair = await tokens.issue("ada")
    following = await tokens.refresh(pair.refresh_token)
    assert (await tokens.verify(following.access_token))["sub"] == "ada"
    assert not store.deleting.is_set()
