"""Serving the demo: on a free port of this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx2
import pytest

from nexios import NexiosApp
from nexios.demo import server
from nexios.demo.server import HOST, free_socket, serving, url_of
from nexios.exceptions import ConfigError


@contextmanager
def taken() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as listening:
        yield listening.getsockname()[1]


def test_the_port_that_is_asked_for_is_taken_where_it_is_free() -> None:
    with taken() as port:
        pass
    with free_socket(port) as listening:
        assert url_of(listening) == f"http://127.0.0.1:{port}"


def test_where_the_port_is_taken_the_next_free_one_is_used() -> None:
    with taken() as port, free_socket(port) as listening, free_socket(port) as third:
        assert port < listening.getsockname()[1] < third.getsockname()[1]
        assert listening.getsockname()[0] == "127.0.0.1"


def test_where_no_port_is_free_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_TRIED", 0)
    with (
        taken() as port,
        pytest.raises(ConfigError, match=f"every port from {port} to {port} is taken: .*--port"),
    ):
        free_socket(port)


def test_where_the_system_forbids_the_port_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(address: tuple[str, int]) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", forbidden)
    with pytest.raises(ConfigError, match=r"port 80 cannot be used \(Permission denied\): .*--port"):
        free_socket(80)


def test_an_app_is_served_while_the_context_is_open() -> None:
    app = NexiosApp()

    @app.get("/")
    async def index(request: object, response: object) -> str:
        return "here"

    with serving(app) as url:
        assert httpx2.get(url).text == "here"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def test_an_app_that_does_not_start_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    @asynccontextmanager
    async def lifespan(app: NexiosApp) -> Iterator[None]:
        raise ConfigError("something is missing")
        yield

    with pytest.raises(ConfigError, match="did not start"), serving(NexiosApp(lifespan=lifespan)):
        pass
