"""A key that is replaced by another, both good for a while."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from nexios.apikeys import APIKeys
from nexios.exceptions import UnknownKey
from tests.apikeys.keeping import WatchedStore, at, keys_in
from tests.parts import Clock

pytestmark = pytest.mark.anyio


async def test_both_keys_are_good_until_the_overlap_ends(keys: APIKeys, clock: Clock) -> None:
    old_key, old = await keys.create("7", "ci")
    key, new = await keys.rotate(old.id)
    assert await keys.verify(old_key) is not None
    assert await keys.verify(key) == new
    clock.turn(hours=23, minutes=59, seconds=59.5)
    assert await keys.verify(old_key) is not None
    clock.turn(seconds=0.5)
    assert await keys.verify(old_key) is None
    assert await keys.verify(key) == new


async def test_the_new_key_is_the_old_one_but_for_the_key(keys: APIKeys, clock: Clock) -> None:
    given: dict[str, Any] = {"permissions": {"read"}, "metadata": {"a": 1}, "addresses": ["10.0.0.0/8"]}
    old_key, old = await keys.create("7", "ci", **given)
    key, new = await keys.rotate(old.id)
    assert key != old_key
    assert new.id != old.id
    for same in ("owner", "name", "prefix", "permissions", "metadata", "addresses", "expires_at"):
        assert getattr(new, same) == getattr(old, same)
    after = await keys.get(old.id)
    assert after is not None
    assert after.replaced_by == new.id


async def test_the_new_key_lives_as_long_as_the_old_one_was_made_for(keys: APIKeys, clock: Clock) -> None:
    _, old = await keys.create("7", "ci", expires_in=timedelta(days=90))
    clock.turn(days=80)
    _, new = await keys.rotate(old.id)
    assert new.expires_at == at(clock) + timedelta(days=90)
    clock.turn(days=80)
    _, third = await keys.rotate(new.id, not_after=at(clock) + timedelta(days=1))
    assert third.expires_at == at(clock) + timedelta(days=1)


async def test_an_overlap_does_not_keep_a_key_beyond_its_expiry(keys: APIKeys, clock: Clock) -> None:
    old_key, old = await keys.create("7", "ci", expires_in=timedelta(hours=1))
    await keys.rotate(old.id)
    clock.turn(hours=1)
    assert await keys.verify(old_key) is None


async def test_without_an_overlap_the_old_key_is_dead_at_once(
    keys: APIKeys, store: WatchedStore, clock: Clock
) -> None:
    other = keys_in(store, clock)
    old_key, old = await keys.create("7", "ci")
    for each in (keys, other):
        await each.verify(old_key)
    clock.turn(seconds=0.001)
    key, _ = await keys.rotate(old.id, overlap=timedelta(0))
    assert await keys.verify(old_key) is None
    assert await keys.verify(key) is not None
    clock.turn(seconds=0.999)
    assert await other.verify(old_key) is None


async def test_a_key_is_replaced_once(keys: APIKeys) -> None:
    _, old = await keys.create("7", "ci")
    made = await asyncio.gather(*(keys.rotate(old.id) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(each, tuple) for each in made) == 1
    assert sum(isinstance(each, UnknownKey) for each in made) == 9
    assert len(await keys.list("7")) == 2


async def test_what_is_over_is_not_rotated(keys: APIKeys, clock: Clock) -> None:
    _, revoked = await keys.create("7", "revoked")
    await keys.revoke(revoked.id)
    _, expired = await keys.create("7", "expired", expires_in=timedelta(hours=1))
    clock.turn(hours=1)
    for each in (revoked.id, expired.id):
        with pytest.raises(UnknownKey, match="create a new one"):
            await keys.rotate(each)
    _, made = await keys.create("7", "ci")
    for key_id, owner in (("0" * 28, None), ("no id", None), (made.id, "8"), (made.id, "")):
        with pytest.raises(UnknownKey, match="there is no such"):
            await keys.rotate(key_id, owner=owner)
    assert len(await keys.list("7")) == 3


@pytest.mark.parametrize(
    ("overlap", "error"), [(timedelta(-1), ValueError), (24, TypeError), (None, TypeError)]
)
async def test_an_overlap_that_is_none_is_an_error(
    overlap: Any, error: type[Exception], keys: APIKeys
) -> None:
    key, made = await keys.create("7", "ci")
    with pytest.raises(error, match="overlap"):
        await keys.rotate(made.id, overlap=overlap)
    assert await keys.verify(key) == made


async def test_revoking_the_new_key_leaves_the_old_one_to_its_overlap(keys: APIKeys) -> None:
    old_key, old = await keys.create("7", "ci")
    key, new = await keys.rotate(old.id)
    await keys.revoke(new.id)
    assert await keys.verify(key) is None
    assert await keys.verify(old_key) is not None
    await keys.revoke(old.id)
    assert await keys.verify(old_key) is None
