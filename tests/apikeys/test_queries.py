"""What the store is asked: once for all who come at the same time, and not again within a second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from nexios.apikeys import APIKeys, create_api_key
from nexios.exceptions import StoreUnavailable
from tests.apikeys.keeping import WatchedStore, keys_in
from tests.parts import Clock

pytestmark = pytest.mark.anyio


async def test_a_key_is_looked_up_once_in_a_second(keys: APIKeys, store: WatchedStore, clock: Clock) -> None:
    key, made = await keys.create("7", "ci")
    for _ in range(100):
        assert await keys.verify(key) == made
    assert store.count("find_key") == 1
    clock.turn(seconds=1)
    assert await keys.verify(key) == made
    assert store.count("find_key") == 2


async def test_where_none_is_kept_each_use_is_looked_up(store: WatchedStore, clock: Clock) -> None:
    keys = keys_in(store, clock, kept=0)
    key, made = await keys.create("7", "ci")
    for _ in range(3):
        assert await keys.verify(key) == made
    assert store.count("find_key") == 3


async def test_what_is_kept_is_bounded_and_the_oldest_go_first(store: WatchedStore, clock: Clock) -> None:
    keys = keys_in(store, clock, kept=8)
    made = [(await keys.create("7", str(number)))[0] for number in range(9)]
    for key in made:
        await keys.verify(key)
    store.asked.clear()
    for key in made[2:]:
        await keys.verify(key)
    assert store.asked == []
    await keys.verify(made[0])
    assert store.asked == ["find_key"]


async def test_where_one_is_kept_the_next_one_takes_its_place(store: WatchedStore, clock: Clock) -> None:
    keys = keys_in(store, clock, kept=1)
    one, two = [(await keys.create("7", name))[0] for name in ("a", "b")]
    for key, asked in ((one, 1), (one, 1), (two, 2), (two, 2), (one, 3)):
        assert await keys.verify(key) is not None
        assert store.count("find_key") == asked


async def test_a_refused_key_is_looked_up_each_time_like_one_that_nobody_made(
    keys: APIKeys, store: WatchedStore
) -> None:
    key, made = await keys.create("7", "ci")
    await keys.revoke(made.id)
    bound, _ = await keys.create("7", "bound", addresses=["10.0.0.0/8"])
    for refused in (key, bound, create_api_key()[0]):
        store.asked.clear()
        for _ in range(3):
            assert await keys.verify(refused) is None
        assert store.asked == ["find_key"] * 3


async def test_all_who_come_at_once_share_one_query(keys: APIKeys, store: WatchedStore) -> None:
    key, made = await keys.create("7", "ci")
    store.gate = asyncio.Event()
    asked = [asyncio.create_task(keys.verify(key)) for _ in range(50)]
    await store.finding.wait()
    await asyncio.sleep(0)
    store.gate.set()
    assert await asyncio.gather(*asked) == [made] * 50
    assert store.count("find_key") == 1


async def test_a_key_that_nobody_made_is_shared_too(keys: APIKeys, store: WatchedStore) -> None:
    key, _ = create_api_key()
    store.gate = asyncio.Event()
    asked = [asyncio.create_task(keys.verify(key)) for _ in range(50)]
    await store.finding.wait()
    await asyncio.sleep(0)
    store.gate.set()
    assert await asyncio.gather(*asked) == [None] * 50
    assert store.count("find_key") == 1


async def test_a_request_that_goes_away_takes_nobody_along(keys: APIKeys, store: WatchedStore) -> None:
    key, made = await keys.create("7", "ci")
    store.gate = asyncio.Event()
    first = asyncio.create_task(keys.verify(key))
    await store.finding.wait()
    others = [asyncio.create_task(keys.verify(key)) for _ in range(10)]
    await asyncio.sleep(0)
    first.cancel()
    others[3].cancel()
    store.gate.set()
    answers = await asyncio.gather(first, *others, return_exceptions=True)
    assert [answer for answer in answers if answer == made] == [made] * 9
    assert sum(isinstance(answer, asyncio.CancelledError) for answer in answers) == 2
    assert store.count("find_key") == 2


async def test_all_who_wait_are_told_that_the_store_is_down(keys: APIKeys, store: WatchedStore) -> None:
    key, made = await keys.create("7", "ci")
    store.gate = asyncio.Event()
    asked = [asyncio.create_task(keys.verify(key)) for _ in range(10)]
    await store.finding.wait()
    await asyncio.sleep(0)
    store.down = True
    store.gate.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 10
    assert store.count("find_key") == 1
    store.down, store.gate = False, None
    assert await keys.verify(key) == made


@pytest.fixture
def loops() -> Iterator[list[asyncio.AbstractEventLoop]]:
    made = [asyncio.new_event_loop() for _ in range(2)]
    yield made
    for loop in made:
        loop.close()


def test_one_event_loop_does_not_wait_for_another(
    loops: list[asyncio.AbstractEventLoop], clock: Clock
) -> None:
    store = WatchedStore()
    keys = keys_in(store, clock)
    one, two = loops
    key, made = one.run_until_complete(keys.create("7", "ci"))
    gate = store.gate = asyncio.Event()
    asked = one.create_task(keys.verify(key))
    one.run_until_complete(store.finding.wait())
    store.gate = None
    # The first loop stands still while the second asks for itself.
    assert two.run_until_complete(keys.verify(key)) == made
    gate.set()
    assert one.run_until_complete(asked) == made


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_on_another_kind_of_event_loop_everybody_asks_alone(clock: Clock, anyio_backend: str) -> None:
    keys = keys_in(WatchedStore(), clock)
    key, made = await keys.create("7", "ci")
    for _ in range(2):
        assert await keys.verify(key) == made
    await keys.flush()
    (used,) = await keys.list("7")
    assert used.last_used_at is not None
