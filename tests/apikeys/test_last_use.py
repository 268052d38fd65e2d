"""When a key was last used is gathered, and written in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import pytest

from nexios.apikeys import APIKeys
from nexios.exceptions import StoreUnavailable
from tests.apikeys.keeping import WatchedStore, at, keys_in
from tests.parts import Clock

pytestmark = pytest.mark.anyio


async def test_a_use_writes_nothing_until_it_is_flushed(
    keys: APIKeys, store: WatchedStore, clock: Clock
) -> None:
    key, made = await keys.create("7", "ci")
    for _ in range(10):
        clock.turn(seconds=10)
        await keys.verify(key)
    assert store.count("note_key_uses") == 0
    await keys.flush()
    await keys.flush()
    assert store.count("note_key_uses") == 1
    used = await keys.get(made.id)
    assert used is not None
    assert used.last_used_at == at(clock)


async def test_what_is_refused_is_no_use(keys: APIKeys, store: WatchedStore, clock: Clock) -> None:
    key, made = await keys.create("7", "ci", addresses=["10.0.0.0/8"])
    await keys.verify(key, "192.0.2.7")
    await keys.revoke(made.id)
    await keys.verify(key, "10.0.0.1")
    await keys.flush()
    assert store.count("note_key_uses") == 0


async def test_a_flush_that_fails_loses_nothing_and_breaks_no_request(
    keys: APIKeys, store: WatchedStore, clock: Clock
) -> None:
    (one, first), (two, second) = [await keys.create("7", name) for name in ("a", "b")]
    for key in (one, two):
        await keys.verify(key)
    store.down = True
    with pytest.raises(StoreUnavailable):
        await keys.flush()
    clock.turn(seconds=0.5)
    assert await keys.verify(two) is not None
    store.down = False
    await keys.flush()
    used = {key.id: key.last_used_at for key in await keys.list("7")}
    assert used == {first.id: at(clock) - timedelta(seconds=0.5), second.id: at(clock)}


class Meanwhile(WatchedStore):
    """Fails to write at first, after a key was used once more."""

    use: Callable[[], Awaitable[None]] | None = None

    async def note_key_uses(self, used: Mapping[str, datetime]) -> None:
        if self.use is not None:
            await self.use()
            raise StoreUnavailable("the store is down")
        await super().note_key_uses(used)


async def test_what_is_used_while_a_flush_fails_was_used_later(clock: Clock) -> None:
    store = Meanwhile()
    keys = keys_in(store, clock)
    key, made = await keys.create("7", "ci")

    async def use() -> None:
        clock.turn(seconds=10)
        await keys.verify(key)

    store.use = use
    await keys.verify(key)
    with pytest.raises(StoreUnavailable):
        await keys.flush()
    store.use = None
    await keys.flush()
    used = await keys.get(made.id)
    assert used is not None
    assert used.last_used_at == at(clock)


async def test_many_keys_are_written_in_batches(keys: APIKeys, store: WatchedStore) -> None:
    made = [(await keys.create("7", "ci"))[0] for _ in range(2500)]
    for key in made:
        await keys.verify(key)
    await keys.flush()
    assert store.count("note_key_uses") == 3
    assert all(key.last_used_at is not None for key in await keys.list("7", limit=2500))


async def test_uses_are_written_before_the_store_is_closed(store: WatchedStore, clock: Clock) -> None:
    async with store:
        keys = keys_in(store, clock)
        key, made = await keys.create("7", "ci")
        await keys.verify(key)
    used = await keys.get(made.id)
    assert used is not None
    assert used.last_used_at == at(clock)


async def test_uses_are_written_from_time_to_time_by_themselves(store: WatchedStore, clock: Clock) -> None:
    keys = keys_in(store, clock, flush_every=timedelta(milliseconds=1))
    key, made = await keys.create("7", "ci")
    for _ in range(2):
        clock.turn(seconds=10)
        await keys.verify(key)
        await asyncio.wait_for(store.written.wait(), 10)
        store.written.clear()
        used = await keys.get(made.id)
        assert used is not None
        assert used.last_used_at == at(clock)


async def test_a_store_that_is_down_is_written_to_later(
    store: WatchedStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    keys = keys_in(store, clock, flush_every=timedelta(milliseconds=1))
    key, made = await keys.create("7", "ci")
    await keys.verify(key)
    store.down = True
    await asyncio.wait_for(store.refused.wait(), 10)
    store.down = False
    await keys.verify(key)
    await asyncio.wait_for(store.written.wait(), 10)
    assert "could not be written yet: StoreUnavailable" in caplog.text
    used = await keys.get(made.id)
    assert used is not None
    assert used.last_used_at == at(clock)


async def test_a_writing_is_arranged_once_and_again_where_it_is_long_overdue_or_the_clock_was_set_back(
    keys: APIKeys, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    arranged: list[float] = []
    # A timer of an event loop that is gone by the time.
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_later", lambda delay, *what: arranged.append(delay))
    key, _ = await keys.create("7", "ci")
    for seconds, timers in ((0, 1), (0, 1), (29, 1), (1, 1), (29, 1), (1, 2), (0, 2), (59, 2), (-59.5, 3)):
        clock.turn(seconds=seconds)
        keys.recall(key) or await keys.verify(key)
        assert arranged == [30.0] * timers


async def test_of_more_keys_than_can_be_gathered_those_that_came_first_are_noted(
    keys: APIKeys, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nexios.apikeys.uses._MAX_GATHERED", 2)
    made = [await keys.create("7", name) for name in ("a", "b", "c")]
    for key, _ in made:
        await keys.verify(key)
    clock.turn(seconds=0.5)
    await keys.verify(made[0][0])
    await keys.flush()
    used = {key.name: key.last_used_at for key in await keys.list("7")}
    assert used == {"a": at(clock), "b": at(clock) - timedelta(seconds=0.5), "c": None}
    await keys.verify(made[2][0])
    await keys.flush()
    assert [key.last_used_at for key in await keys.list("7") if key.name == "c"] == [at(clock)]


def test_nothing_is_left_over_when_an_event_loop_ends_and_the_next_one_goes_on(clock: Clock) -> None:
    store = WatchedStore()
    keys = keys_in(store, clock, flush_every=timedelta(milliseconds=1))

    async def use() -> None:
        await keys.verify(key)

    async def use_and_wait() -> None:
        store.written = asyncio.Event()
        await keys.verify(key)
        await asyncio.wait_for(store.written.wait(), 10)

    key, made = asyncio.run(keys.create("7", "ci"))
    asyncio.run(use())
    assert store.count("note_key_uses") == 0
    clock.turn(seconds=10)
    asyncio.run(use_and_wait())
    assert store._keys[made.id].last_used_at == at(clock)
