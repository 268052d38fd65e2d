"""Counting: in the process, or in Redis where several processes are held to one limit."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio

from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.ratelimit.model import Count, Limit, Window, read_limits
from nexios.running import running_config
from nexios.stores.loops import PerLoop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from limits import RateLimitItem
    from limits.aio.storage import Storage
    from limits.aio.strategies import RateLimiter

    from nexios.config import MakeConfig
    from nexios.types import Clock

__all__ = ["RateLimits", "limits_of"]

_SCHEMES = ("memory", "redis", "rediss", "unix")

# Up to here each request is remembered by its time: exact at any moment, and as large as the amount.
_MOST_EXACT = 1000

_TIMEOUT = 1.5
# So many ask Redis at once, and all others wait for them: more would only take longer to connect.
_CONNECTIONS = 8


class RateLimits:
    """Counts requests, or whatever else is to happen only so often.

    Up to an amount of 1,000 the window moves: in no stretch of its length do more pass. Beyond that, windows
    are fixed, from the first request on, so that around the end of one up to twice the amount may pass.

    Args:
        url: `"memory://"` counts in this process alone; `"redis://..."`, `"rediss://..."` or `"unix://..."`
            in Redis, for all processes together, whose clocks must agree.
        prefix: What the keys in Redis begin with.
        timeout: How many seconds Redis has for an answer.
        clock: The time now in seconds, where the counters are in memory.

    Raises:
        ConfigError: The URL is of another kind, or the package for it is not there.
    """

    def __init__(
        self,
        url: str = "memory://",
        *,
        prefix: str = "nexios:limits",
        timeout: float = _TIMEOUT,
        clock: Clock = time.time,
    ) -> None:
        # No part of the URL in a message: it may hold a password.
        if not isinstance(url, str) or urlsplit(url).scheme not in _SCHEMES or "://" not in url:
            raise ConfigError(
                'RateLimits counts in "memory://" or in Redis: "redis://host:6379/0", "rediss://..." or '
                '"unix://..."'
            )
        read_limits("1/second")
        self._prefix = prefix
        self._timeout = timeout
        self._clock = clock
        self._kind = urlsplit(url).scheme
        self._redis: PerLoop[_Counting] | None = None
        if self._kind == "memory":
            from nexios.ratelimit.memory import MemoryCounters

            self._memory = _Counting(MemoryCounters(clock))
        else:
            _need_redis()
            self._redis = PerLoop(lambda: _redis_counting(url, prefix, timeout), _Counting.close)

    async def hit(self, limit: str | tuple[Limit, ...], *key: str) -> Count:
        """Count one more under `key`, unless a limit is reached.

        Args:
            limit: E.g. `"5/minute"`, or several: `"5/minute; 50/day"`.
            key: What is counted, e.g. `"login", email`. No part of it can be read back from where it is kept.

        Raises:
            StoreUnavailable: Redis does not answer, so that nothing is known.
            ConfigError: `limit` is none.
        """
        windows: list[Window] = []
        for each in limit if isinstance(limit, tuple) else read_limits(limit):
            counted, window = await self._asked(each, key, count=True)
            windows.append(window)
            if not counted:
                return Count(False, tuple(windows))
        return Count(True, tuple(windows))

    async def look(self, limit: str | tuple[Limit, ...], *key: str) -> Count:
        """How it stands under `key`, without counting: allowed, where one more would be.

        Raises:
            StoreUnavailable: Redis does not answer, so that nothing is known.
            ConfigError: `limit` is none.
        """
        windows: list[Window] = []
        for each in limit if isinstance(limit, tuple) else read_limits(limit):
            _, window = await self._asked(each, key, count=False)
            windows.append(window)
            if window.remaining < 1:
                return Count(False, tuple(windows))
        return Count(True, tuple(windows))

    async def forget(self, limit: str | tuple[Limit, ...], *key: str) -> None:
        """Begin anew under `key`.

        Raises:
            StoreUnavailable: Redis does not answer; the count stands.
            ConfigError: `limit` is none.
        """
        for each in limit if isinstance(limit, tuple) else read_limits(limit):
            counting = self._counting()
            limiter, item = counting.of(each)
            await self._bounded(counting, limiter.clear, item, _hidden(key))

    def now(self) -> float:
        """The time by which is counted, in seconds since the epoch."""
        return self._clock()

    async def close(self) -> None:
        """Let go of the connections; each event loop does so by itself when it ends."""
        if self._redis is not None:
            await self._redis.close()

    async def _asked(self, limit: Limit, key: tuple[str, ...], *, count: bool) -> tuple[bool, Window]:
        counting = self._counting()
        limiter, item = counting.of(limit)
        hidden = _hidden(key)
        counted = not count or await self._bounded(counting, limiter.hit, item, hidden)
        reset, remaining = await self._bounded(counting, limiter.get_window_stats, item, hidden)
        left = max(0.0, min(float(limit.seconds), reset - self._clock()))
        # Between the two questions a place may have become free; the answer is that of the first.
        remaining = max(0, remaining) if counted else 0
        return counted, Window(limit, remaining, left if remaining < limit.amount else float(limit.seconds))

    def _counting(self) -> _Counting:
        return self._memory if self._redis is None else self._redis.get()

    async def _bounded(self, counting: _Counting, ask: Any, item: RateLimitItem, key: str) -> Any:
        if counting.gate is None:
            return await ask(item, key)
        from redis.exceptions import RedisError

        failures = counting.failures
        async with counting.gate:
            # Whoever has waited while another found Redis dead need not find that out once more.
            if counting.failures == failures:
                try:
                    with anyio.fail_after(self._timeout):
                        return await ask(item, key)
                except (RedisError, OSError, TimeoutError):
                    counting.failures += 1
        # No part of the error: its text may name the server and who logs in there.
        raise StoreUnavailable("the rate limits' Redis does not answer")

    def __repr__(self) -> str:
        return f"RateLimits({self._kind!r})"


class _Counting:
    """The strategies of `limits` over one of its storages.

    Attributes:
        gate: Lets so many ask at once as there are connections; None: there are none.
        failures: How often nobody answered.
    """

    def __init__(self, storage: Storage, pool: Any = None) -> None:
        from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

        self._moving = MovingWindowRateLimiter(storage)
        self._fixed = FixedWindowRateLimiter(storage)
        self._pool = pool
        self.gate = None if pool is None else asyncio.Semaphore(_CONNECTIONS)
        self.failures = 0

    def of(self, limit: Limit) -> tuple[RateLimiter, RateLimitItem]:
        """The strategy for `limit`, and the limit in its terms."""
        from limits import RateLimitItemPerSecond

        limiter = self._moving if limit.amount <= _MOST_EXACT else self._fixed
        return limiter, RateLimitItemPerSecond(limit.amount, limit.seconds, namespace="")

    async def close(self) -> None:
        """Let go of the connections."""
        if self._pool is not None:
            await self._pool.disconnect()


def limits_of(scope: Mapping[str, Any]) -> RateLimits:
    """The counters of the application that the request of `scope` is for.

    They stand in its `state.rate_limits`; where nothing does, they are made as the configuration says.

    Raises:
        ConfigError: There is no application that could hold them.
    """
    state = getattr(scope.get("app"), "state", None)
    if state is None:
        raise ConfigError(
            "rate_limit finds no application whose counters it could use: pass its own, "
            "rate_limit(..., limits=RateLimits(...))"
        )
    found = getattr(state, "rate_limits", None)
    if found is None:
        found = state.rate_limits = RateLimits(_url(running_config.get()))
    if not isinstance(found, RateLimits):
        raise ConfigError(f"app.state.rate_limits must be RateLimits(...), not {type(found).__name__}")
    return found


def _url(config: MakeConfig | None) -> str:
    if config is not None and config.rate_limit_url is not None:
        return config.rate_limit_url
    store = None if config is None else config.store_url
    return store if store is not None and urlsplit(store).scheme in ("redis", "rediss") else "memory://"


def _hidden(key: tuple[str, ...]) -> str:
    """`key` in a form of one length, out of which nobody reads a credential or an identity."""
    parts = hashlib.sha256()
    for part in key:
        text = part.encode("utf-8", "surrogatepass")
        parts.update(b"%d:" % len(text) + text)
    return parts.hexdigest()[:32]


def _need_redis() -> None:
    try:
        import redis.asyncio  # noqa: F401
    except ImportError:
        raise ConfigError('counting in Redis needs the package redis: pip install "nexios[redis]"') from None


def _redis_counting(url: str, prefix: str, timeout: float) -> _Counting:
    from limits.aio.storage import RedisStorage
    from redis.asyncio import ConnectionPool
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    # Once more, and at once: a connection that stood idle may be dead, and the server well.
    retry = Retry(NoBackoff(), 1)
    pool: Any = ConnectionPool.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=retry,
    )
    storage = RedisStorage(f"async+{url}", implementation="redispy", key_prefix=prefix, connection_pool=pool)
    return _Counting(storage, pool)
