"""`nexios run`."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from tests.cli.conftest import Nexios, Write
from tests.cli.reading import SHOP, assert_one_line, said


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What uvicorn was asked to serve, in place of serving it."""
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(uvicorn, "run", lambda target, **options: calls.append((target, options)))
    return calls


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_an_application_is_served_on_this_machine_only_unless_another_address_is_named(
    nexios: Nexios, write: Write, served: list[Any], free_port: int
) -> None:
    write("shop.py", SHOP)
    assert nexios("run", "shop:app", "--port", str(free_port)).exit_code == 0
    assert served == [
        ("shop:app", {"host": "127.0.0.1", "port": free_port, "reload": False, "workers": 1}),
    ]


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--host", "0.0.0.0"], {"host": "0.0.0.0"}),
        (["--host", "localhost"], {"host": "localhost"}),
        (["--reload"], {"reload": True}),
        (["--workers", "3"], {"workers": 3}),
    ],
    ids=["host", "name", "reload", "workers"],
)
def test_options_are_passed_on(
    nexios: Nexios, write: Write, served: list[Any], arguments: list[str], options: dict[str, Any]
) -> None:
    write("shop.py", SHOP)
    assert nexios("run", "shop:app", "--port", "0", *arguments).exit_code == 0
    ((_, given),) = served
    assert options.items() <= given.items()


def test_an_application_that_does_not_hold_together_is_not_served(
    nexios: Nexios, write: Write, served: list[Any]
) -> None:
    write(
        "shop.py",
        """
        from nexios import NexiosApp
        from nexios.auth import auth
        app = NexiosApp()
        @app.get("/profile")
        @auth()
        async def profile(request, response): ...
        """,
    )
    result = nexios("run", "shop:app", "--port", "0")
    assert_one_line(result)
    assert "/profile is guarded and there is no AuthenticationMiddleware" in result.stderr
    assert served == []


def test_middleware_that_raises_is_said_in_a_line(nexios: Nexios, write: Write, served: list[Any]) -> None:
    write("shop.py", SHOP, "def broken(inner):\n    raise OSError('hunter2')\napp.add_middleware(broken)")
    result = nexios("run", "shop:app", "--port", "0")
    assert_one_line(result)
    assert "the application cannot be built: OSError (shop.py, line" in result.stderr
    assert "hunter2" not in result.output
    assert served == []


def test_reload_and_workers_exclude_each_other(nexios: Nexios, write: Write, served: list[Any]) -> None:
    write("shop.py", SHOP)
    result = nexios("run", "shop:app", "--reload", "--workers", "2")
    assert result.exit_code == 2
    assert "leave --workers or --reload out" in said(result)
    assert served == []


@pytest.mark.parametrize(
    "arguments",
    [["--port", "65536"], ["--port", "-1"], ["--workers", "0"], ["--nope"], []],
    ids=["port", "negative", "workers", "option", "nothing"],
)
def test_a_usage_error_exits_2(nexios: Nexios, served: list[Any], arguments: list[str]) -> None:
    result = nexios("run", *(["shop:app", *arguments] if arguments else []))
    assert result.exit_code == 2
    assert "Usage: nexios run" in result.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_is_taken_is_said_in_a_line(
    nexios: Nexios, write: Write, served: list[Any], host: str
) -> None:
    write("shop.py", SHOP)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with listening:
        port = str(listening.getsockname()[1])
        result = nexios("run", "shop:app", "--host", host, "--port", port)
    assert_one_line(result)
    assert f"cannot listen on {host}:{port} (" in result.stderr
    assert "--port" in result.stderr
    assert served == []


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 300, "192.0.2.1"])
def test_an_address_that_is_not_this_machines_is_said_in_a_line(
    nexios: Nexios, write: Write, served: list[Any], host: str
) -> None:
    write("shop.py", SHOP)
    result = nexios("run", "shop:app", "--host", host)
    assert_one_line(result)
    assert f"cannot listen on {host}:8000 (" in result.stderr
    assert served == []


def test_several_workers_do_not_know_of_each_others_ended_sessions_and_that_is_said(
    nexios: Nexios, write: Write, served: list[Any]
) -> None:
    write("shop.py", SHOP)
    assert "ended sessions" in nexios("run", "shop:app", "--port", "0", "--workers", "2").stderr
    assert "ended sessions" not in nexios("run", "shop:app", "--port", "0").stderr


def test_several_workers_that_tell_each_other_need_no_note(
    nexios: Nexios, write: Write, served: list[Any]
) -> None:
    known = SHOP.replace("SessionMiddleware()", "SessionMiddleware(ended_in=MemoryStore())")
    write("shop.py", "from nexios.stores import MemoryStore\n" + known)
    assert nexios("run", "shop:app", "--port", "0", "--workers", "2").stderr == ""


def test_several_workers_without_sessions_need_no_note(
    nexios: Nexios, write: Write, served: list[Any]
) -> None:
    write("bare.py", "from nexios import NexiosApp\napp = NexiosApp()")
    assert nexios("run", "bare:app", "--port", "0", "--workers", "2").stderr == ""


@pytest.fixture
def server(write: Write, tmp_path: Path) -> Iterator[str]:
    """The address of a server that `nexios run` started in the current folder."""
    write("shop.py", SHOP)
    process = subprocess.Popen(
        [sys.executable, "-m", "nexios.cli", "run", "shop:app", "--port", "0"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("NEXIOS_")},
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                yield found[0]
                break
        else:
            pytest.fail("the server did not start")
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_served_application_answers_over_http(server: str) -> None:
    with httpx2.Client(base_url=server) as client:
        assert client.get("/").status_code == 200
        assert client.get("/profile").status_code == 401
