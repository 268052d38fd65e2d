"""`nexios demo`, as it is typed."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from nexios import NexiosApp
from nexios.cli import demo as command
from nexios.cli.app import app
from nexios.demo import check as checking
from nexios.demo.check import check
from nexios.demo.server import serving
from nexios.demo.tour import take_tour


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["demo", *arguments])


def test_the_tour_finds_every_answer_as_it_should_be() -> None:
    result = run("--check")
    assert result.exit_code == 0, result.output
    assert "answers are what they should be." in result.stdout
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    every = "401, asks for Cookie, Bearer, ApiKey"
    bad_token = "401, asks for Cookie, Bearer (invalid_token), ApiKey"
    for line in (
        f"ok GET /profile a stranger {every} {every}",
        f"ok GET /admin Bob's JWT, tampered to name Ada {bad_token} {bad_token}",
        "ok GET /admin Ada's session 200 200",
        "ok GET /admin Bob's API key 403 403",
        "ok POST /login?next=//evil.example Bob 303, leads to / 303, leads to /",
        "ok GET /profile Ada's API key from before a restart 200 200",
    ):
        assert line in lines


def test_the_table_shows_no_credential() -> None:
    for step in check():
        shown = f"{step.request} {step.by} {step.expected} {step.came}"
        for secret in ("eyJ", "key_", "nexios_demo="):
            assert secret not in shown


def test_a_server_that_lets_everybody_in_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    open_to_all = NexiosApp()

    @open_to_all.route("/{path:path}", methods=["GET", "POST", "DELETE"])
    async def anything(request: object, response: object) -> list[str]:
        return []

    monkeypatch.setattr(checking, "create_app", lambda folder: open_to_all)
    result = run("--check")
    assert result.exit_code == 1
    assert "answers are not what they should be." in result.stdout
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "wrong GET /api/data a stranger 401, asks for ApiKey 200" in lines


def test_a_server_that_answers_nothing_fails_the_check() -> None:
    with serving(NexiosApp()) as gone:
        pass

    @contextmanager
    def start() -> Any:
        yield gone

    steps = take_tour(start)
    assert steps[0].came == "no answer: ConnectError"
    assert not any(step.right for step in steps)


def test_where_an_extra_is_missing_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    there = command.find_spec
    monkeypatch.setattr(
        command, "find_spec", lambda name: None if name in ("pwdlib", "aiosqlite") else there(name)
    )
    result = run("--check")
    assert result.exit_code == 1
    assert result.stderr == 'Error: nexios demo needs aiosqlite, pwdlib: pip install "nexios[demo]"\n'


def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("--data", str(tmp_path / "file"))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the demo cannot keep its data in ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("where", ["given", "by default"])
def test_it_serves_until_it_is_interrupted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    folder.rename(tmp_path / "nexios-demo")
    folder = tmp_path / "nexios-demo"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answers: list[int] = []

        def ask_and_interrupt() -> None:
            for candidate in range(port + 1, port + 100):
                try:
                    answers.append(
                        httpx2.get(f"http://127.0.0.1:{candidate}/profile", timeout=30).status_code
                    )
                except httpx2.HTTPError:
                    continue
                break
            os.kill(os.getpid(), signal.SIGINT)

        helper = threading.Thread(target=ask_and_interrupt)
        show_whole = command.show_whole

        def announced(text: Any) -> None:
            show_whole(text)
            if text.plain.startswith("Nexios demo"):
                helper.start()

        monkeypatch.setattr(command, "show_whole", announced)
        result = run("--port", str(port), *(("--data", str(folder)) if where == "given" else ()))
        helper.join()
    assert answers == [401]
    assert result.exit_code == 0, result.output
    first, *_ = lines = result.stdout.splitlines()
    assert first.startswith("Nexios demo  http://127.0.0.1:")
    assert not first.endswith(f":{port}")
    assert f"Data         {folder}" in lines
    assert lines[-1] == "Stopped."
