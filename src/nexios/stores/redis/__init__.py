"""A store in Redis, for what many processes share and what expires: sessions, tokens, revocations."""

from __future__ import annotations

import logging

from nexios.exceptions import ConfigError
from nexios.stores.life import ClosesAfterFlushing
from nexios.stores.redis.revocations import RedisRevocations
from nexios.stores.redis.server import Server
from nexios.stores.redis.sessions import RedisSessions
from nexios.stores.redis.tokens import RedisTokens
from nexios.stores.redis.values import to_bytes
from nexios.stores.settings import check_number, check_seconds

__all__ = ["RedisStore"]

logger = logging.getLogger("nexios.stores")


class RedisStore(RedisSessions, RedisTokens, RedisRevocations, ClosesAfterFlushing):
    """Keeps sessions, refresh tokens and revocations in Redis, where they expire by themselves.

    It keeps no API keys, which are to last: those belong into a `SQLStore`. It connects on first use, and
    again by itself when the server was away. What is not answered in time, or not at all, is
    `StoreUnavailable`.

    Args:
        url: `redis://user:password@host:6379/0`, or `rediss://` for TLS.
        prefix: What each of its keys begins with.
        max_connections: How many connections each event loop may have.
        timeout: How long an operation may take in all, in seconds, with connecting and waiting.

    Attributes:
        is_server: That it may be away and come back.

    Raises:
        ConfigError: The URL or an option is none.
    """

    is_server = True

    def __init__(
        self, url: str, *, prefix: str = "nexios:", max_connections: int = 50, timeout: float = 1.0
    ) -> None:
        ClosesAfterFlushing.__init__(self)
        check_number("max_connections", max_connections, 1)
        check_seconds("timeout", timeout)
        if not isinstance(prefix, str):
            raise ConfigError(f'prefix is text, not {type(prefix).__name__}: prefix="nexios:"')
        self._server = Server(url, max_connections, timeout)
        self._prefix = to_bytes(prefix)

    async def upgrade(self) -> None:
        """Ask whether the server is there, and warn where it may throw away what is kept.

        Raises:
            StoreUnavailable: It does not answer.
        """
        policy = await self._server.memory_policy()
        if policy != "noeviction":
            logger.warning(
                "Redis at %s throws keys away when its memory is full (maxmemory-policy %s), revocations and "
                "sessions among them: set maxmemory-policy noeviction",
                self._server.shown,
                policy,
            )

    async def ping(self) -> None:
        """Ask whether it answers.

        Raises:
            StoreUnavailable: It does not.
        """
        await self._server.ping()

    async def _let_go(self) -> None:
        await self._server.close()

    def __repr__(self) -> str:
        return f"RedisStore({self._server.shown!r})"
