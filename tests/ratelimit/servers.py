"""A Redis that is there, and some that are not."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Iterator

import pytest
import redis

from tests.stores.engines import REDIS


@contextlib.contextmanager
def redis_prefix() -> Iterator[str]:
    """A prefix of a test's own, of which nothing is left; without Redis the test is skipped, or fails."""
    client = redis.Redis.from_url(REDIS, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError as error:
        client.close()
        if os.environ.get("NEXIOS_TEST_SERVICES") == "required":
            pytest.fail(f"Redis must be there (NEXIOS_TEST_SERVICES=required): {error}")
        pytest.skip(f"Redis is not there: {error}")
    prefix = f"nexios-test-{secrets.token_hex(6)}"
    try:
        yield prefix
    finally:
        for key in client.scan_iter(f"{prefix}*"):
            client.delete(key)
        client.close()


def nobody_there() -> str:
    """A URL at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"redis://user:s3cret-pass@127.0.0.1:{server.getsockname()[1]}/0"


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """The URL of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(server.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"redis://user:s3cret-pass@127.0.0.1:{server.getsockname()[1]}/0"
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            for connection in taken:
                connection.close()
