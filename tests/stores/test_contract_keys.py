"""What every engine that keeps API keys does with them."""

from __future__ import annotations

import asyncio
from datetime import timedelta, timezone

import pytest

from nexios.stores import APIKeyStore, open_store
from tests.stores.engines import Engine
from tests.stores.things import NOW, ODD_TEXTS, a_hash, a_key, later

pytestmark = pytest.mark.anyio


async def test_the_engine_keeps_keys(engine: Engine) -> None:
    async with engine.open() as store:
        assert isinstance(store, APIKeyStore)


def test_redis_keeps_no_keys() -> None:
    assert not isinstance(open_store("redis://localhost"), APIKeyStore)


async def test_a_key_is_found_by_its_hash_and_by_its_id(engine: Engine) -> None:
    key = a_key()
    async with engine.open() as store:
        await store.add_key(key, a_hash(1))
        assert await store.find_key(a_hash(1)) == key
        assert await store.get_key(key.id) == key
        assert await store.find_key(a_hash(2)) is None
        assert await store.get_key("other") is None


async def test_everything_of_a_key_is_kept(engine: Engine) -> None:
    key = a_key(
        permissions=frozenset({"read", "wr\0ite", "\ud800"}),
        expires_at=later(microseconds=1),
        last_used_at=later(microseconds=2),
        revoked_at=later(microseconds=3),
        replaced_by="k2",
        metadata={"team": "ü", "nested": {"a": [1, None, True, 1.5, "\0"]}},
        addresses=("10.0.0.0/8", "2001:db8::/32"),
        rate_limit="100/minute",
        monthly_quota=10**12,
    )
    async with engine.open() as store:
        await store.add_key(key, a_hash(1))
        assert await store.find_key(a_hash(1)) == key


@pytest.mark.parametrize("empty", [frozenset(), None], ids=["nothing", "all"])
async def test_no_permission_is_not_every_permission(engine: Engine, empty: frozenset[str] | None) -> None:
    async with engine.open() as store:
        await store.add_key(a_key(permissions=empty), a_hash(1))
        found = await store.find_key(a_hash(1))
        assert found.permissions == empty


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
async def test_text_is_text_whatever_is_in_it(engine: Engine, text: str) -> None:
    key = a_key(id=text, owner=text, name=text, hint=text)
    async with engine.open() as store:
        await store.add_key(a_key(id="other", owner="other"), a_hash("other"))
        await store.add_key(key, a_hash(1))
        assert await store.find_key(text) is None
        assert await store.get_key(text) == key
        assert await store.list_keys(text) == [key]
        assert await store.revoke_key(text, NOW)
        assert [each.id for each in await store.list_keys() if each.revoked_at] == [text]


async def test_moments_of_any_time_zone_are_kept_in_utc(engine: Engine) -> None:
    moment = NOW.astimezone(timezone(timedelta(hours=-7)))
    async with engine.open() as store:
        await store.add_key(a_key(expires_at=moment), a_hash(1))
        found = await store.find_key(a_hash(1))
        assert found.expires_at == NOW


async def test_an_id_or_a_hash_is_kept_once(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_key(a_key(), a_hash(1))
        with pytest.raises(ValueError, match="kept already"):
            await store.add_key(a_key(), a_hash(2))
        with pytest.raises(ValueError, match="kept already"):
            await store.add_key(a_key(id="k2"), a_hash(1))
        assert await store.find_key(a_hash(2)) is None
        assert await store.get_key("k2") is None


async def test_a_name_that_is_too_long_is_refused_with_the_limit(engine: Engine) -> None:
    async with engine.open() as store:
        with pytest.raises(ValueError, match="at most 256 letters"):
            await store.add_key(a_key(owner="x" * 257), a_hash(1))
        assert await store.list_keys("x" * 257) == []
        assert await store.get_key("x" * 10_000) is None
        assert await store.find_key("x" * 10_000) is None


async def test_keys_are_listed_by_id_and_in_parts(engine: Engine) -> None:
    ids = ["B", "Z", "a", "b", "ä"]
    async with engine.open() as store:
        for number, key_id in enumerate(reversed(ids)):
            await store.add_key(a_key(id=key_id), a_hash(number))
        await store.add_key(a_key(id="c", owner="bob"), a_hash("bob"))
        assert [key.id for key in await store.list_keys("ada")] == ids
        assert [key.id for key in await store.list_keys("ada", limit=2)] == ["B", "Z"]
        assert [key.id for key in await store.list_keys("ada", limit=2, after="Z")] == ["a", "b"]
        assert [key.id for key in await store.list_keys(after="b")] == ["c", "ä"]
        assert await store.list_keys("nobody") == []


async def test_a_key_is_replaced_once(engine: Engine) -> None:
    new = a_key(id="new")
    async with engine.open() as store:
        await store.add_key(a_key(id="old"), a_hash("old"))
        assert await store.replace_key("old", later(hours=1), new, a_hash("new"))
        assert not await store.replace_key("old", later(hours=2), a_key(id="third"), a_hash("third"))
        replaced = await store.get_key("old")
        assert (replaced.expires_at, replaced.replaced_by) == (later(hours=1), "new")
        assert await store.find_key(a_hash("new")) == new
        assert await store.find_key(a_hash("third")) is None


async def test_of_many_who_replace_a_key_at_once_one_does(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_key(a_key(id="old"), a_hash("old"))
        done = await asyncio.gather(
            *(store.replace_key("old", NOW, a_key(id=f"n{each}"), a_hash(each)) for each in range(20))
        )
        assert done.count(True) == 1
        assert [key.id for key in await store.list_keys()] == [f"n{done.index(True)}", "old"]


async def test_a_key_that_expires_sooner_anyway_does_so(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_key(a_key(id="old", expires_at=NOW), a_hash("old"))
        assert await store.replace_key("old", later(hours=1), a_key(id="new"), a_hash("new"))
        assert (await store.get_key("old")).expires_at == NOW


async def test_nothing_of_a_replacement_stays_where_it_cannot_be_done(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_key(a_key(id="old"), a_hash("old"))
        await store.add_key(a_key(id="revoked", revoked_at=NOW), a_hash("revoked"))
        for old in ("revoked", "missing"):
            assert not await store.replace_key(old, NOW, a_key(id="new"), a_hash("new"))
        with pytest.raises(ValueError, match="kept already"):
            await store.replace_key("old", NOW, a_key(id="new"), a_hash("revoked"))
        assert await store.get_key("new") is None
        assert await store.get_key("old") == a_key(id="old")


async def test_a_revoked_key_keeps_its_moment(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_key(a_key(), a_hash(1))
        assert await store.revoke_key("k1", NOW)
        assert await store.revoke_key("k1", later(hours=1))
        assert not await store.revoke_key("other", NOW)
        assert (await store.find_key(a_hash(1))).revoked_at == NOW


async def test_the_last_use_never_goes_back(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_key(a_key(), a_hash(1))
        await store.add_key(a_key(id="k2"), a_hash(2))
        await store.note_key_uses({"k1": later(seconds=9), "k2": NOW, "missing": NOW})
        await store.note_key_uses({"k1": later(seconds=3), "k2": later(seconds=5)})
        await store.note_key_uses({})
        used = {key.id: key.last_used_at for key in await store.list_keys()}
        assert used == {"k1": later(seconds=9), "k2": later(seconds=5)}


async def test_uses_that_are_noted_at_once_in_any_order_are_all_kept(engine: Engine) -> None:
    ids = [f"k{each}" for each in range(30)]
    async with engine.open() as store:
        for key_id in ids:
            await store.add_key(a_key(id=key_id), a_hash(key_id))
        batches = [
            dict.fromkeys(ids[::direction], later(seconds=each)) for each in range(5) for direction in (1, -1)
        ]
        await asyncio.gather(*(store.note_key_uses(batch) for batch in batches))
        assert {key.last_used_at for key in await store.list_keys()} == {later(seconds=4)}


async def test_dead_keys_are_deleted_a_bounded_number_at_a_time(engine: Engine) -> None:
    dead = {"e1": {"expires_at": NOW}, "e2": {"expires_at": NOW}, "r1": {"revoked_at": NOW}}
    alive = {"a1": {}, "a2": {"expires_at": later(hours=1)}, "a3": {"revoked_at": later(hours=1)}}
    async with engine.open() as store:
        for key_id, fields in {**dead, **alive}.items():
            await store.add_key(a_key(id=key_id, **fields), a_hash(key_id))
        assert await store.purge_keys(NOW, 10) == 0
        assert await store.purge_keys(later(seconds=1), 2) == 2
        assert await store.purge_keys(later(seconds=1), 2) == 1
        assert await store.purge_keys(later(seconds=1), 2) == 0
        assert [key.id for key in await store.list_keys()] == ["a1", "a2", "a3"]
        assert await store.find_key(a_hash("e1")) is None
