"""The server as the stores use it: one script, one answer, within a bounded time."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.stores.loops import PerLoop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redis.asyncio.connection import AbstractConnection

__all__ = ["Server"]

_DATABASE = re.compile("(?:/[0-9]*)?")
# The goodbye to a server that may be gone.
_GOODBYE = 0.25
# The first word of an error, https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
_BY_WORD = {
    "OOM": "has no memory left",
    "READONLY": "can only be read",
    "MISCONF": "cannot write to its disk",
    "LOADING": "is starting",
    "NOAUTH": "refuses the password",
    "NOPERM": "does not permit it to this user",
    "CROSSSLOT": "is a cluster, of which one slot is used: prefix='{nexios}:'",
}


class Server:
    """The server at `url`.

    Args:
        url: `redis://user:password@host:6379/0`, or `rediss://` for TLS.
        connections: How many each event loop may have.
        seconds: How long an operation may take in all.

    Raises:
        ConfigError: The URL is none.
    """

    def __init__(self, url: str, connections: int, seconds: float) -> None:
        self._url = url
        self._connections = connections
        self._seconds = seconds
        try:
            parts = urlsplit(url)
            self.shown = f"{parts.hostname}:{parts.port or 6379}{parts.path}"
            if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
                raise ValueError
            # redis-py takes the first database for what is none, such as the rest of a password with a slash.
            if not _DATABASE.fullmatch(parts.path):
                raise ValueError
            self._pool().make_connection()  # type: ignore[no-untyped-call]
        except (ValueError, TypeError, RedisError):
            raise ConfigError(
                "the store's URL cannot be read: redis://user:password@host:6379/0, or rediss:// for TLS "
                "(a password is percent-encoded)"
            ) from None
        self._clients = PerLoop(self._client, _close)

    async def run(self, script: str, arguments: Sequence[bytes | int]) -> Any:
        """Run a script, which nothing else comes between.

        Raises:
            StoreUnavailable: There was no answer in time; it may have been run.
        """
        client = self._clients.get()
        try:
            async with asyncio.timeout(self._seconds):
                return await client.register_script(script)(args=list(arguments))
        except TimeoutError:
            await _hang_up(client)
            what = "did not answer in time"
        except (RedisError, OSError, RuntimeError) as error:
            # uvloop says by a RuntimeError that a connection was lost in this moment.
            what = _meaning(error)
        # Outside of the handler: what was raised there may hold what was asked.
        raise StoreUnavailable(f"the store at {self.shown} {what}")

    async def ping(self) -> None:
        """Ask whether it answers."""
        await self.run("return 1", ())

    async def memory_policy(self) -> str:
        """What it does when its memory is full; `noeviction` where it has no bound."""
        raw = await self.run("return redis.call('INFO', 'memory')", ())
        lines = dict(line.split(":", 1) for line in raw.decode().split("\r\n") if ":" in line)
        return "noeviction" if lines.get("maxmemory", "0") == "0" else lines.get("maxmemory_policy", "")

    async def close(self) -> None:
        """Close every connection of every loop."""
        await self._clients.close()

    def _client(self) -> Redis:
        return Redis(connection_pool=self._pool())

    def _pool(self) -> BlockingConnectionPool:
        return _Pool.from_url(
            self._url,
            max_connections=self._connections,
            timeout=self._seconds,
            socket_connect_timeout=self._seconds,
            socket_timeout=None,
            # With them, redis-py hands out connections that the server has closed.
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
            # What is tried again could have been done already.
            retry=Retry(NoBackoff(), 0),
        )


class _Pool(BlockingConnectionPool):
    """Sees also of a connection that was broken off without a word that it is lost."""

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """Have it connected before it is used."""
        # redis-py asks only whether the server has said goodbye.
        writer = connection._writer
        if writer is not None and writer.transport.is_closing():
            await connection.disconnect(nowait=True)
        await super().ensure_connection(connection)


async def _close(client: Redis) -> None:
    await client.aclose()
    await client.connection_pool.disconnect()


async def _hang_up(client: Redis) -> None:
    """Let go of the connections that nobody uses: after one that was not answered they may lead nowhere."""
    with suppress(TimeoutError, RedisError, OSError):
        async with asyncio.timeout(_GOODBYE):
            await client.connection_pool.disconnect(inuse_connections=False)


def _meaning(error: Exception) -> str:
    if isinstance(error, AuthenticationError):
        return "refuses the password"
    if isinstance(error, ResponseError):
        word = str(error).split(" ", 1)[0]
        return _BY_WORD.get(word, f"failed with {word if word.isupper() else 'an error'}")
    return "does not answer"
