"""What is Redis's own: keys that expire by themselves, and what it may throw away."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nexios.exceptions import ConfigError
from nexios.stores import open_store
from tests.stores.engines import REDIS, Engine, fresh, needs_service
from tests.stores.things import a_family, a_hash, a_revocation, a_session, a_token, later

pytestmark = [pytest.mark.anyio, pytest.mark.service]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Engine]:
    needs_service("redis")
    with fresh("redis", tmp_path) as made:
        yield made


async def keys_of(engine: Engine) -> dict[str, int]:
    """Each key of the store, and the millisecond in which it expires; below zero: never."""
    from redis.asyncio import Redis

    prefix = engine.url.partition("prefix=")[2]
    async with Redis.from_url(REDIS, decode_responses=True) as client:
        names = [name async for name in client.scan_iter(match=f"{prefix}*", count=1000)]
        return {name.removeprefix(prefix): await client.pexpiretime(name) for name in names}


async def test_every_key_expires_when_nobody_needs_it_any_more(redis: Engine) -> None:
    hour = round(later(hours=1).timestamp() * 1000)
    async with redis.open() as store:
        session = a_session(data={"a": b"1"}, idle_until=later(minutes=1), expires_at=later(hours=1))
        await store.add_session(session)
        await store.touch_session("s1", later(seconds=1), later(hours=9))
        await store.change_session("s1", {}, secret_hash=a_hash("new"), identity="bob")
        await store.add_family(a_family(expires_at=later(hours=1)), a_token(expires_at=later(minutes=1)))
        await store.revoke([a_revocation()])
        await store.first_seen("jti", "x", later(hours=1))
        expiry = await keys_of(redis)
    forever = {name for name, moment in expiry.items() if moment < 0}
    # Two numbers for all revocations together
    assert forever == {"revocations", "revocations-epoch"}
    # A second use of a refresh token must be known as one as long as its family is there.
    assert {abs(moment - hour) <= 1 for name, moment in expiry.items() if name not in forever} == {True}


async def test_what_has_expired_is_gone_from_every_list(redis: Engine) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with redis.open() as store:
        await store.add_session(a_session(expires_at=past))
        await store.add_family(a_family(expires_at=past), a_token())
        await store.revoke([a_revocation(until=past), a_revocation(id="r2")])
        assert await store.get_session("s1") is None
        assert await store.list_sessions("ada") == []
        assert await store.end_sessions("ada") == 0
        assert await store.use_refresh(a_hash("t1"), past) is None
        assert await store.end_families("ada", past) == 0
        found, _, _ = await store.revoked_since("jti", None, 10)
        assert [each.id for each in found] == ["r2"]
        assert await store.first_seen("jti", "x", past)
        assert await store.first_seen("jti", "x", past)


async def test_readers_start_over_when_the_server_was_emptied(redis: Engine) -> None:
    async with redis.open() as store:
        await store.revoke([a_revocation(id=f"r{each}") for each in range(5)])
        _, cursor, _ = await store.revoked_since("jti", None, 10)
        await _empty(redis)
        await store.revoke([a_revocation(id="new")])
        found, _, _ = await store.revoked_since("jti", cursor, 10)
        assert [each.id for each in found] == ["new"]


async def test_two_prefixes_share_nothing(redis: Engine) -> None:
    async with redis.open() as store, redis.open(prefix="nexios-test-other:") as other:
        await store.add_session(a_session())
        assert await other.get_session("s1") is None


async def test_a_server_that_may_throw_keys_away_is_warned_of(
    redis: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with redis.open() as store:
        with caplog.at_level(logging.WARNING, "nexios.stores"):
            await store.upgrade()
        assert caplog.messages == []

        async def answer(script: str, arguments: Any) -> bytes:
            return b"# Memory\r\nmaxmemory:1000\r\nmaxmemory_policy:allkeys-lru\r\n"

        monkeypatch.setattr(store._server, "run", answer)
        await store.upgrade()
        assert "set maxmemory-policy noeviction" in caplog.text


@pytest.mark.parametrize("url", ["redis://", "redis://:geheim@host:x", "redis://:geheim@host/0?nothing=1"])
def test_a_url_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError, match="redis://user:password@host:6379/0") as refused:
        open_store(url)
    assert "geheim" not in str(refused.value)


def test_no_password_is_shown() -> None:
    assert repr(open_store("redis://ada:geheim@host/3")) == "RedisStore('host:6379/3')"


async def _empty(engine: Engine) -> None:
    from redis.asyncio import Redis

    prefix = engine.url.partition("prefix=")[2]
    async with Redis.from_url(REDIS) as client:
        async for key in client.scan_iter(match=f"{prefix}*", count=1000):
            await client.delete(key)
