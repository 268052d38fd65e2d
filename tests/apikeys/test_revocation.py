"""A revoked key is dead at once where it is revoked, and within one second elsewhere."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from nexios.apikeys import APIKeys
from nexios.exceptions import StoreUnavailable
from tests.apikeys.keeping import WatchedStore, at, keys_in
from tests.parts import Clock

pytestmark = pytest.mark.anyio


async def test_a_revoked_key_is_dead_at_once_in_its_process(keys: APIKeys, clock: Clock) -> None:
    key, made = await keys.create("7", "ci")
    assert await keys.verify(key) == made
    assert await keys.revoke(made.id) is True
    assert await keys.verify(key) is None
    revoked = await keys.get(made.id)
    assert revoked is not None
    assert revoked.revoked_at == at(clock)


async def test_a_revoked_key_is_refused_in_every_process_within_a_second(
    keys: APIKeys, store: WatchedStore, clock: Clock
) -> None:
    other = keys_in(store, clock)
    key, made = await keys.create("7", "ci")
    clock.turn(seconds=-0.001)
    assert await other.verify(key) == made
    clock.turn(seconds=0.001)
    await keys.revoke(made.id)
    clock.turn(seconds=0.999)
    assert await other.verify(key) is None


async def test_a_slow_answer_is_not_kept_longer_for_that(
    keys: APIKeys, store: WatchedStore, clock: Clock
) -> None:
    other = keys_in(store, clock)
    key, made = await keys.create("7", "ci")
    store.gate = asyncio.Event()
    asked = asyncio.create_task(other.verify(key))
    await store.finding.wait()
    # What is on its way was read before the key was revoked.
    await keys.revoke(made.id)
    clock.turn(seconds=0.95)
    store.gate.set()
    assert await asked is not None
    clock.turn(seconds=0.05)
    assert await other.verify(key) is None


async def test_what_was_asked_before_a_second_is_no_answer_for_who_comes_later(
    keys: APIKeys, store: WatchedStore, clock: Clock
) -> None:
    other = keys_in(store, clock)
    key, made = await keys.create("7", "ci")
    gate = store.gate = asyncio.Event()
    asked = asyncio.create_task(other.verify(key))
    await store.finding.wait()
    await keys.revoke(made.id)
    clock.turn(seconds=1)
    store.gate = None
    assert await other.verify(key) is None
    gate.set()
    await asked
    assert await other.verify(key) is None


async def test_a_key_that_is_revoked_while_it_is_looked_up_does_not_come_back(
    keys: APIKeys, store: WatchedStore
) -> None:
    key, made = await keys.create("7", "ci")
    gate = store.gate = asyncio.Event()
    asked = asyncio.create_task(keys.verify(key))
    await store.finding.wait()
    await keys.revoke(made.id)
    store.gate = None
    assert await keys.verify(key) is None
    gate.set()
    await asked
    assert await keys.verify(key) is None


async def test_a_clock_that_is_turned_back_keeps_nothing_alive(keys: APIKeys, store: WatchedStore) -> None:
    clock = Clock()
    other = keys_in(store, clock)
    key, made = await keys.create("7", "ci")
    assert await other.verify(key) == made
    await keys.revoke(made.id)
    clock.turn(hours=-1)
    assert await other.verify(key) is None


async def test_revoking_again_changes_nothing(keys: APIKeys, clock: Clock) -> None:
    _, made = await keys.create("7", "ci")
    await keys.revoke(made.id)
    first = await keys.get(made.id)
    clock.turn(hours=1)
    assert await keys.revoke(made.id) is True
    assert await keys.get(made.id) == first


async def test_only_what_is_there_is_revoked_and_only_ones_own_where_that_is_asked(keys: APIKeys) -> None:
    key, made = await keys.create("7", "ci")
    assert await keys.revoke("0" * 28) is False
    assert await keys.revoke("'; --") is False
    assert await keys.revoke(made.id, owner="8") is False
    assert await keys.revoke(made.id, owner="") is False
    assert await keys.verify(key) == made
    assert await keys.revoke(made.id, owner="7") is True


async def test_a_revocation_that_fails_says_so_and_nothing_is_kept(
    keys: APIKeys, store: WatchedStore
) -> None:
    key, made = await keys.create("7", "ci")
    await keys.verify(key)
    store.down = True
    with pytest.raises(StoreUnavailable):
        await keys.revoke(made.id)
    store.down = False
    assert await keys.verify(key) == made


async def test_revoking_one_key_leaves_the_others(keys: APIKeys) -> None:
    (one, first), (two, second) = [await keys.create("7", name) for name in ("a", "b")]
    for key in (one, two):
        await keys.verify(key)
    await keys.revoke(first.id)
    assert await keys.verify(one) is None
    assert await keys.verify(two) == second


async def test_a_key_that_another_process_has_revoked_and_purged_is_dead_at_once_where_it_is_revoked_too(
    keys: APIKeys, store: WatchedStore, clock: Clock
) -> None:
    elsewhere = keys_in(store, clock)
    key, record = await keys.create("ada", "ci")
    assert await keys.verify(key) is not None
    await elsewhere.revoke(record.id)
    clock.turn(seconds=0.1)
    await elsewhere.purge(timedelta(0))

    assert await keys.revoke(record.id) is False
    assert await keys.verify(key) is None
