"""What every engine does with API keys."""

from __future__ import annotations

import pytest

from tests.stores.engines import Engine
from tests.stores.things import NOW, a_key, later

pytestmark = pytest.mark.anyio


async def test_a_key_is_found_by_its_hash_and_by_its_id(engine: Engine) -> None:
    key = a_key()
    async with engine.open() as store:
        await store.add_key(key, "a" * 64)
        assert await store.find_key("a" * 64) == key
        assert await store.get_key(key.id) == key
        assert await store.find_key("b" * 64) is None
        assert await store.get_key("other") is None


async def test_a_key_is_replaced_once(engine: Engine) -> None:
    old, new, third = a_key(id="old"), a_key(id="new"), a_key(id="third")
    async with engine.open() as store:
        await store.add_key(old, "a" * 64)
        assert await store.replace_key("old", later(hours=1), new, "b" * 64)
        assert not await store.replace_key("old", later(hours=2), third, "c" * 64)
        replaced = await store.get_key("old")
        assert replaced is not None
        assert (replaced.expires_at, replaced.replaced_by) == (later(hours=1), "new")
        assert await store.find_key("b" * 64) == new
        assert await store.find_key("c" * 64) is None


async def test_a_revoked_key_keeps_its_moment(engine: Engine) -> None:
    key = a_key()
    async with engine.open() as store:
        await store.add_key(key, "a" * 64)
        assert await store.revoke_key(key.id, NOW)
        assert await store.revoke_key(key.id, later(hours=1))
        assert not await store.revoke_key("other", NOW)
        found = await store.find_key("a" * 64)
        assert found is not None
        assert found.revoked_at == NOW
