"""`RateLimits`: how often something happens, in memory and in Redis."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import time_machine

from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.ratelimit import Limit, RateLimits
from tests.parts import Clock
from tests.ratelimit.servers import nobody_there, redis_prefix, silent_server
from tests.stores.engines import REDIS
from tests.stores.proxy import FAULTS, Proxy

pytestmark = pytest.mark.anyio


async def test_what_is_within_the_limit_is_allowed_and_one_more_is_not(counters: Any) -> None:
    limits = counters()
    found = [await limits.hit("3/minute", "login", "ada") for _ in range(5)]
    assert [count.allowed for count in found] == [True, True, True, False, False]
    assert [count.windows[0].remaining for count in found] == [2, 1, 0, 0, 0]
    assert found[2].retry_after == 0
    assert 58 <= found[4].retry_after <= 60


async def test_each_key_is_counted_for_itself(counters: Any) -> None:
    limits = counters()
    keys = [("a",), ("a", "b"), ("ab",), ("a/b",), ("a", "", "b"), ("\ud800",), ("a\x00b",)]
    for key in keys:
        assert (await limits.hit("1/minute", *key)).allowed, key
    for key in keys:
        assert not (await limits.hit("1/minute", *key)).allowed, key


async def test_several_limits_hold_together_and_the_one_that_is_reached_says_when(counters: Any) -> None:
    limits = counters()
    found = [await limits.hit("9/hour; 2/minute", "k") for _ in range(3)]
    assert [count.allowed for count in found] == [True, True, False]
    assert [str(window.limit) for window in found[0].windows] == ["2/minute", "9/hour"]
    assert found[2].retry_after <= 60
    # What a short limit has refused takes nothing of a long one.
    assert (await limits.look("9/hour", "k")).windows[0].remaining == 7


async def test_looking_counts_nothing(counters: Any) -> None:
    limits = counters()
    assert [(await limits.look("1/minute", "k")).allowed for _ in range(3)] == [True] * 3
    await limits.hit("1/minute", "k")
    assert not (await limits.look("1/minute", "k")).allowed


async def test_what_is_forgotten_begins_anew(counters: Any) -> None:
    limits = counters()
    for limit in ("1/minute", "2000/minute"):
        await limits.hit(limit, "k")
        await limits.forget(limit, "k")
        assert (await limits.look(limit, "k")).windows[0].remaining == int(limit.partition("/")[0])


async def test_a_large_limit_counts_in_fixed_windows(counters: Any) -> None:
    limits = counters()
    found = [await limits.hit("1001/hour", "k") for _ in range(3)]
    assert [count.windows[0].remaining for count in found] == [1000, 999, 998]
    assert 3590 <= found[-1].windows[0].reset <= 3600


async def test_in_no_stretch_of_time_do_more_pass_than_the_limit() -> None:
    clock = Clock()
    limits = RateLimits(clock=clock)
    for _ in range(5):
        assert (await limits.hit("5/minute", "k")).allowed
        clock.turn(seconds=11)
    # 55 seconds on: the first is within the minute still.
    assert not (await limits.hit("5/minute", "k")).allowed
    clock.turn(seconds=5)
    assert (await limits.hit("5/minute", "k")).allowed
    found = await limits.hit("5/minute", "k")
    assert not found.allowed
    assert found.retry_after == 11


async def test_a_fixed_window_ends_at_its_time() -> None:
    clock = Clock()
    limits = RateLimits(clock=clock)
    for _ in range(1001):
        await limits.hit("1001/hour", "k")
    clock.turn(seconds=3599)
    found = await limits.hit("1001/hour", "k")
    assert (found.allowed, found.retry_after) == (False, 1)
    clock.turn(seconds=1)
    assert (await limits.hit("1001/hour", "k")).allowed


@pytest.mark.service
async def test_the_window_moves_in_redis_too() -> None:
    with redis_prefix() as prefix, time_machine.travel(1_800_000_000, tick=False) as travel:
        limits = RateLimits(REDIS, prefix=prefix)
        assert [(await limits.hit("2/minute", "k")).allowed for _ in range(3)] == [True, True, False]
        travel.shift(61)
        assert (await limits.hit("2/minute", "k")).allowed


@pytest.mark.service
async def test_redis_holds_several_to_one_limit_and_forgets_by_itself() -> None:
    with redis_prefix() as prefix:
        one, other = RateLimits(REDIS, prefix=prefix), RateLimits(REDIS, prefix=prefix)
        assert (await one.hit("1/minute", "user", "ada@example")).allowed
        assert not (await other.hit("1/minute", "user", "ada@example")).allowed
        await one.hit("5000/minute", "user", "ada@example")
        with redis.Redis.from_url(REDIS) as client:
            keys = list(client.scan_iter(f"{prefix}*"))
            assert len(keys) == 2
            assert all(0 < client.ttl(key) <= 60 for key in keys)
            assert not any(b"ada" in key for key in keys)


@pytest.mark.service
def test_counters_live_longer_than_the_event_loop_that_they_began_in() -> None:
    with redis_prefix() as prefix:
        limits = RateLimits(REDIS, prefix=prefix)

        async def hit() -> bool:
            return (await limits.hit("2/minute", "k")).allowed

        assert [asyncio.run(hit()) for _ in range(3)] == [True, True, False]


async def test_many_at_once_are_counted_exactly(counters: Any) -> None:
    limits = counters()
    found = await asyncio.gather(*(limits.hit("10/minute", "k") for _ in range(200)))
    assert sum(count.allowed for count in found) == 10


async def test_the_memory_stays_within_its_bound() -> None:
    from nexios.ratelimit.memory import MemoryCounters

    clock = Clock()
    counters = MemoryCounters(clock, most=80)
    for number in range(1000):
        assert await counters.acquire_entry(str(number), 1, 60)
    assert await counters.reset() <= 80
    # The ones that were counted last are kept.
    for number in range(100):
        await counters.incr(str(number), 60)
    assert await counters.get("99") == 1
    assert await counters.get("0") == 0


@pytest.mark.parametrize("url", ["redis", "silent"])
async def test_a_dead_redis_is_told_of_in_time_and_without_its_password(url: str) -> None:
    with silent_server() as silent:
        limits = RateLimits(nobody_there() if url == "redis" else silent)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable) as refused:
            await limits.hit("3/minute", "k")
        assert time.monotonic() - began < 2
        assert "s3cret" not in f"{refused.value!r} {refused.value.__cause__} {limits!r}"
        await limits.close()


async def test_of_many_who_wait_for_a_dead_redis_nobody_waits_longer_than_one() -> None:
    with silent_server() as silent:
        limits = RateLimits(silent, timeout=0.5)
        began = time.monotonic()
        asked = (limits.hit("3/minute", str(number)) for number in range(300))
        found = await asyncio.gather(*asked, return_exceptions=True)
        # One after another, eight at a time, they would take nineteen seconds.
        assert time.monotonic() - began < 5
        assert all(isinstance(each, StoreUnavailable) for each in found)
        await limits.close()


@pytest.mark.service
@pytest.mark.parametrize("fault", FAULTS)
async def test_it_counts_again_by_itself_once_redis_is_well(fault: str) -> None:
    server = urlsplit(REDIS)
    with redis_prefix() as prefix:
        async with Proxy(server.hostname or "", server.port or 6379) as proxy:
            limits = RateLimits(f"redis://127.0.0.1:{proxy.port}/0", prefix=prefix)
            assert (await limits.hit("9/minute", "k")).allowed
            await FAULTS[fault](proxy)
            began = time.monotonic()
            with pytest.raises(StoreUnavailable):
                await limits.hit("9/minute", "k")
            assert time.monotonic() - began < 2
            await proxy.heal()
            assert (await limits.hit("9/minute", "k")).allowed
            await limits.close()


@pytest.mark.parametrize(
    "limit",
    ["", "10", "ten/minute", "0/minute", "-1/minute", "10/fortnight", "1/3 years", "1/minute;", 10, None],
)
async def test_what_is_no_limit_says_how_one_is_written(limit: Any) -> None:
    with pytest.raises(ConfigError, match='"10/minute"'):
        await RateLimits().hit(limit, "k")


@pytest.mark.parametrize("url", ["", "memory", "http://localhost", "memcached://h", "redis:h", None])
def test_counters_are_in_memory_or_in_redis(url: Any) -> None:
    with pytest.raises(ConfigError, match=r"memory://.*redis://"):
        RateLimits(url)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("10/minute", Limit(10, 60)),
        ("10 per 2 hours", Limit(10, 7200)),
        ("10/90 seconds", Limit(10, 90)),
        ("1000/month", Limit(1000, 30 * 86400)),
    ],
)
async def test_a_limit_reads_as_it_is_written(text: str, limit: Limit) -> None:
    found = (await RateLimits().hit(text, "k")).windows[0].limit
    assert found == limit
    assert (await RateLimits().hit(str(found), "k")).windows[0].limit == limit
