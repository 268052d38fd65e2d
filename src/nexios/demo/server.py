"""Serving the demo on this machine, and nowhere else."""

from __future__ import annotations

import errno
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

__all__ = ["HOST", "free_socket", "serve", "serving", "url_of"]

HOST = "127.0.0.1"

_LAST_PORT = 65535
_TRIED = 100


def free_socket(port: int) -> socket.socket:
    """Listen on `port`, or on the next one that is free; 0 leaves the choice to the system.

    Raises:
        ConfigError: There is none near it, or the system does not allow it.
    """
    last = min(port + _TRIED, _LAST_PORT)
    for candidate in range(port, last + 1):
        try:
            return socket.create_server((HOST, candidate))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigError(
                    f"port {candidate} cannot be used ({error.strerror}): choose another with --port"
                ) from None
    raise ConfigError(f"every port from {port} to {last} is taken: choose another with --port")


def serve(app: ASGIApp, listening: socket.socket, started: Callable[[], None]) -> None:
    """Serve `app` on the socket `listening` until the process is told to stop.

    Args:
        app: The application.
        listening: The socket; it is closed at the end.
        started: Called once requests are answered.
    """
    with listening:
        _Server(app, started).run(sockets=[listening])


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve `app` on a free port, in a thread, while the context is open.

    Yields:
        Its URL.

    Raises:
        ConfigError: It does not start; the log says why.
    """
    with free_socket(0) as listening:
        ready = threading.Event()
        server = _Server(app, ready.set)
        thread = threading.Thread(target=server.run_quietly, args=(listening,), daemon=True)
        thread.start()
        try:
            while not ready.wait(0.05):
                if not thread.is_alive():
                    raise ConfigError("the server did not start: see its log for why")
            yield url_of(listening)
        finally:
            server.should_exit = True
            thread.join()


def url_of(listening: socket.socket) -> str:
    """The URL that a browser takes to the socket."""
    return f"http://{HOST}:{listening.getsockname()[1]}"


class _Server(uvicorn.Server):
    """Uvicorn, which says when it has started."""

    def __init__(self, app: ASGIApp, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="on",
                ws="none",
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=3,
            )
        )
        self._when_started = started

    def run_quietly(self, listening: socket.socket) -> None:
        """Serve; where it cannot start, the thread ends and the process goes on."""
        with suppress(SystemExit):
            self.run(sockets=[listening])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._when_started()
