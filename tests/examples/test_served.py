"""The examples on a real socket, and the commands that each begins with, as they are printed."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import httpx2
import pytest
import uvicorn
from typer.testing import CliRunner

from nexios.cli.app import app
from tests.examples.visits import EXAMPLES, VISITS

STARTS = r"    uv run (?:nexios run|uvicorn) examples\.{name}:app$"
COMMAND = re.compile(r"^    ((?:\w+=.*?)?curl .*?|\w+=.*?)(?:\s+# (\d{3}))?$", re.MULTILINE)

every_example = pytest.mark.parametrize("name", VISITS)


@contextmanager
def served(app: object) -> Iterator[str]:
    """Serve `app` on a free port, and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", timeout_keep_alive=1))
        # Connections wait in the listening socket until the server takes them: there is nothing to wait for.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@every_example
def test_an_example_answers_on_a_real_socket(name: str, load: Callable[[str], ModuleType]) -> None:
    visit = VISITS[name]
    with served(load(name).app) as address, httpx2.Client(base_url=f"http://{address}") as client:
        credential = visit.credential(client)
        assert client.get(visit.path).status_code == 401
        assert client.get(visit.path, headers=visit.wrong).status_code == 401
        assert client.get(visit.path, headers=credential).status_code == 200


@every_example
def test_an_example_says_how_to_run_it(name: str, load: Callable[[str], ModuleType]) -> None:
    text = load(name).__doc__ or ""
    assert re.search(STARTS.format(name=name), text, re.MULTILINE)
    assert {"200", "401"} <= {status for _, status in COMMAND.findall(text)}


@every_example
@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs bash and curl")
def test_the_commands_of_an_example_answer_as_they_say(
    name: str, load: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    example = load(name)
    commands = COMMAND.findall(example.__doc__ or "")
    with served(example.app) as address:
        script = "\n".join(_checked(command, status) for command, status in commands)
        done = subprocess.run(
            ["bash", "-euc", script.replace("localhost:8000", address)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.stdout.split() == [status for _, status in commands if status], done.stderr


def _checked(command: str, status: str) -> str:
    """`command`, printing nothing but the status that came where one is promised."""
    return command.replace("curl -i", "curl -s -o /dev/null -w '%{http_code}\\n'", 1) if status else command


@pytest.mark.parametrize("name", [name for name in VISITS if not name.startswith("in_")])
def test_nexios_check_finds_nothing_in_an_example(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES.parent)
    done = CliRunner().invoke(app, ["check", f"examples.{name}:app"])
    assert done.exit_code == 0, done.output
