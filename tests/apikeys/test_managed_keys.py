"""A key in a store: made once, verified each time, until it is over."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import nexios.apikeys
from nexios.apikeys import APIKey, APIKeys, create_api_key, hash_key
from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.stores import MemoryStore
from tests.apikeys.keeping import WatchedStore, at, keys_in
from tests.parts import Clock

pytestmark = pytest.mark.anyio


async def test_a_key_is_verified_as_its_owners(keys: APIKeys, clock: Clock) -> None:
    key, made = await keys.create(owner="7", name="ci", permissions={"read"}, expires_in=timedelta(days=90))
    assert (made.owner, made.name, made.permissions) == ("7", "ci", frozenset({"read"}))
    assert (made.created_at, made.expires_at) == (at(clock), at(clock) + timedelta(days=90))
    assert (made.last_used_at, made.revoked_at, made.replaced_by) == (None, None, None)
    assert (made.prefix, made.hint) == ("key", key[-4:])
    assert await keys.verify(key) == made


async def test_what_is_left_out_bounds_nothing(keys: APIKeys) -> None:
    key, made = await keys.create("7", "ci")
    assert (made.permissions, made.expires_at, made.addresses, made.metadata) == (None, None, None, {})
    assert await keys.verify(key, "192.0.2.7") == made


async def test_a_key_is_kept_as_a_hash_alone(keys: APIKeys, store: WatchedStore) -> None:
    key, made = await keys.create("7", "ci", metadata={"for": "builds"})
    assert store._id_of_hash == {hash_key(key): made.id}
    for shown in (repr(made), repr(keys), repr(vars(made) if hasattr(made, "__dict__") else made)):
        assert key[4:-8] not in shown
        assert hash_key(key) not in shown


async def test_a_key_dies_at_its_very_moment(keys: APIKeys, clock: Clock) -> None:
    key, made = await keys.create("7", "ci", expires_in=timedelta(minutes=1))
    clock.turn(seconds=59.9)
    assert await keys.verify(key) == made
    # Within the second in which what was found is kept: the expiry is checked on each use.
    clock.turn(seconds=0.1)
    assert await keys.verify(key) is None


async def test_a_key_may_not_live_longer_than_what_it_is_made_by(keys: APIKeys, clock: Clock) -> None:
    end = at(clock) + timedelta(hours=1)
    for life, expected in ((None, end), (timedelta(days=1), end), (timedelta(minutes=1), None)):
        _, made = await keys.create("7", "ci", expires_in=life, not_after=end)
        assert made.expires_at == (expected or at(clock) + timedelta(minutes=1))


async def test_a_key_of_the_other_environment_is_never_taken(store: WatchedStore, clock: Clock) -> None:
    live, test = (keys_in(store, clock, prefix=f"acme_{name}") for name in ("live", "test"))
    (live_key, live_made), (test_key, test_made) = [await each.create("7", "ci") for each in (live, test)]
    assert await live.verify(live_key) == live_made
    assert await test.verify(test_key) == test_made
    assert await live.verify(test_key) is None
    assert await test.verify(live_key) is None
    assert await live.list("7") == [live_made]
    assert await live.list_all() == [live_made]
    assert await live.get(test_made.id) is None
    assert await live.revoke(test_made.id) is False
    assert await test.verify(test_key) == test_made


async def test_what_is_no_key_of_ours_is_refused_without_a_query(keys: APIKeys, store: WatchedStore) -> None:
    key, made = await keys.create("7", "ci")
    store.asked.clear()
    junk: list[Any] = [None, "", b"key", 7, key.encode(), [key], key[:-1], key + "0", key.upper(), f" {key}"]
    junk += [key[:20] + "_" + key[21:], "\ud800" * 55, "x" * 1_000_000, made.id, create_api_key("other")[0]]
    for each in junk:
        assert await keys.verify(each) is None
    assert store.asked == []
    assert await keys.verify(create_api_key()[0]) is None
    assert store.asked == ["find_key"]


@given(st.text() | st.binary() | st.from_regex(r"\Akey_[0-9A-Za-z]{43}[0-9a-f]{8}\Z"), st.text() | st.none())
async def test_nothing_that_is_presented_raises(key: Any, address: Any) -> None:
    assert await APIKeys(MemoryStore()).verify(key, address) is None


async def test_a_store_that_is_down_is_not_taken_for_no_key(keys: APIKeys, store: WatchedStore) -> None:
    key, _ = await keys.create("7", "ci")
    store.down = True
    with pytest.raises(StoreUnavailable):
        await keys.verify(key)
    assert await keys.verify("junk") is None
    store.down = False
    assert await keys.verify(key) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"permissions": "read"},
        {"permissions": ["read"]},
        {"owner": ""},
        {"owner": None},
        {"expires_at": "tomorrow"},
        {"addresses": ("nowhere",)},
        {"addresses": (7,)},
    ],
    ids=repr,
)
async def test_a_key_that_cannot_be_read_lets_nobody_in(
    change: dict[str, Any], keys: APIKeys, store: WatchedStore
) -> None:
    key, made = await keys.create("7", "ci")
    store._keys[made.id] = replace(made, **change)
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        await keys.verify(key, "192.0.2.7")


async def test_a_row_of_another_prefix_lets_nobody_in(keys: APIKeys, store: WatchedStore) -> None:
    key, made = await keys.create("7", "ci")
    store._keys[made.id] = replace(made, prefix="acme_test")
    assert await keys.verify(key) is None


async def test_a_store_that_answers_something_else_lets_nobody_in(keys: APIKeys, store: WatchedStore) -> None:
    key, made = await keys.create("7", "ci")
    store._keys[made.id] = {"owner": "7"}  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        await keys.verify(key)


async def test_keys_are_listed_by_owner_the_oldest_first(keys: APIKeys, clock: Clock) -> None:
    made = []
    for owner, name in (("7", "b"), ("8", "c"), ("7", "a")):
        made.append((await keys.create(owner, name))[1])
        clock.turn(seconds=1)
    assert [key.name for key in await keys.list(owner="7")] == ["b", "a"]
    assert [key.name for key in await keys.list_all()] == ["b", "c", "a"]
    assert await keys.list_all(limit=1, after=made[0].id) == [made[1]]
    assert await keys.list("nobody") == []
    assert await keys.get(made[1].id) == made[1]
    for unknown in ("", "x", made[0].id[:-1], "0" * 28, None, 7):
        assert await keys.get(unknown) is None  # type: ignore[arg-type]


async def test_nobody_in_particular_owns_nothing(keys: APIKeys) -> None:
    await keys.create("7", "ci")
    with pytest.raises(TypeError, match="list_all"):
        await keys.list(None)  # type: ignore[arg-type]


async def test_a_list_goes_on_behind_the_keys_of_other_environments(
    store: WatchedStore, clock: Clock
) -> None:
    ours, theirs = keys_in(store, clock, prefix="ours"), keys_in(store, clock, prefix="theirs")
    for _ in range(1001):
        await theirs.create("7", "ci")
    clock.turn(seconds=1)
    _, made = await ours.create("7", "ci")
    assert await ours.list("7", limit=1) == [made]


async def test_each_key_is_listed_once_however_many_there_are(store: WatchedStore, clock: Clock) -> None:
    ours, theirs = keys_in(store, clock, prefix="ours"), keys_in(store, clock, prefix="theirs")
    expected = []
    for _ in range(510):
        await theirs.create("7", "ci")
        clock.turn(milliseconds=1)
        expected.append((await ours.create("7", "ci"))[1])
        clock.turn(milliseconds=1)
    assert await ours.list("7", limit=2000) == expected
    assert await ours.list_all(limit=505) == expected[:505]


async def test_what_a_list_shows_is_json_and_opens_nothing(keys: APIKeys) -> None:
    key, _ = await keys.create("7", "ci")
    (shown,) = await keys.list("7")
    for value in (shown.id, shown.hint, shown.name, shown.owner, json.dumps(str(shown)), hash_key(key)):
        assert await keys.verify(value) is None
        assert await keys.verify(f"key_{value}") is None


async def test_dead_keys_are_purged_when_nobody_looks_back_any_more(keys: APIKeys, clock: Clock) -> None:
    _, revoked = await keys.create("7", "revoked")
    _, kept = await keys.create("7", "kept")
    await keys.create("7", "expired", expires_in=timedelta(days=1))
    await keys.revoke(revoked.id)
    clock.turn(days=90)
    assert await keys.purge(limit=5) == 0
    for negative in (timedelta(days=-365), timedelta(microseconds=-1)):
        with pytest.raises(ValueError, match="must not be negative"):
            await keys.purge(negative)  # by which those would go that expire within a year
    with pytest.raises(ValueError, match="beyond the year 1"):
        await keys.purge(timedelta.max)
    with pytest.raises(TypeError, match="dead_for is a timedelta"):
        await keys.purge(90)  # type: ignore[arg-type]
    clock.turn(days=2)
    assert await keys.purge(limit=1) == 1
    assert await keys.purge() == 1
    assert await keys.list("7") == [kept]


class NoStore:
    async def find_key(self, key_hash: str) -> None: ...


@pytest.mark.parametrize(
    ("store", "options", "mend"),
    [
        (NoStore(), {}, "NoStore keeps no API keys: use a database"),
        (MemoryStore, {}, "MemoryStore keeps no API keys"),
        (None, {}, "NoneType keeps no API keys"),
        (MemoryStore(), {"prefix": "no prefix"}, "a prefix begins with a letter"),
        (MemoryStore(), {"kept": -1}, "kept is how many"),
        (MemoryStore(), {"kept": True}, "kept is how many"),
        (MemoryStore(), {"flush_every": timedelta(0)}, "flush_every is a timedelta"),
        (MemoryStore(), {"flush_every": timedelta(microseconds=-1)}, "flush_every is a timedelta"),
        (MemoryStore(), {"flush_every": 30}, "flush_every is a timedelta"),
    ],
)
async def test_what_cannot_be_is_said_at_once(store: Any, options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        APIKeys(store, **options)


async def test_whoever_gets_a_record_cannot_change_it_for_all_others(keys: APIKeys) -> None:
    key, made = await keys.create("7", "ci", permissions={"read"})
    found = await keys.verify(key)
    for name, value in (("permissions", None), ("owner", "8"), ("revoked_at", made.created_at)):
        with pytest.raises(AttributeError):
            setattr(found, name, value)
    assert await keys.verify(key) == made


async def test_whatever_bounds_a_key_is_named_where_it_is_given(keys: APIKeys) -> None:
    _, made = await keys.create("7", "ci")
    with pytest.raises(TypeError):
        await keys.create("7", "ci", {"read"})  # type: ignore[misc]
    with pytest.raises(TypeError):
        await keys.rotate(made.id, timedelta(0))  # type: ignore[misc]
    with pytest.raises(TypeError):
        APIKey(made.id, made.owner, "ci", "key", made.hint, None, made.created_at)  # type: ignore[misc]
    assert await keys.list("7") == [made]


@pytest.mark.parametrize("name", ["a", "key_route", "keys", "zebra"])
async def test_what_the_package_has_not_is_no_attribute_of_it(name: str) -> None:
    with pytest.raises(AttributeError, match=f"'nexios.apikeys' has no attribute '{name}'"):
        getattr(nexios.apikeys, name)
