"""The script itself, as a shell starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nexios import __version__
from nexios.auth.backends.apikey import create_api_key
from nexios.cli import main
from tests.cli.conftest import Nexios
from tests.cli.reading import said

SCRIPT = [sys.executable, "-m", "nexios.cli"]


def test_the_script_and_the_module_are_the_same_command() -> None:
    script = Path(sys.executable).with_name("nexios")
    for command in ([str(script)], SCRIPT):
        result = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
        assert result.stdout == f"nexios {__version__}\n"
        assert result.returncode == 0


def test_the_script_calls_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["anything.py", "secret", "--nope"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "Usage: nexios secret" in capsys.readouterr().err


def test_the_version_is_said(nexios: Nexios) -> None:
    result = nexios("--version")
    assert result.exit_code == 0
    assert result.stdout == f"nexios {__version__}\n"


@pytest.mark.parametrize("missing", ["typer", "rich", "uvicorn"])
def test_without_the_extra_the_mend_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr() == ("", f'nexios needs {missing}: pip install "nexios[cli]"\n')


def test_importing_the_package_does_not_need_the_extra() -> None:
    program = "import sys; sys.modules.update(typer=None, rich=None, uvicorn=None); import nexios, nexios.cli"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_help_names_every_command(nexios: Nexios) -> None:
    for arguments in ([], ["--help"], ["-h"]):
        result = nexios(*arguments)
        for command in ("demo", "run", "secret", "token", "key", "routes", "check"):
            assert f" {command} " in result.output


@pytest.mark.parametrize("group", [["token"], ["key"]])
def test_a_group_alone_shows_its_commands(nexios: Nexios, group: list[str]) -> None:
    assert " create " in nexios(*group).output


def test_an_unknown_command_is_a_usage_error(nexios: Nexios) -> None:
    result = nexios("rnu")
    assert result.exit_code == 2
    assert "No such command 'rnu'" in said(result)


def test_a_reader_that_leaves_early_causes_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "many.py").write_text(
        "from nexios import NexiosApp\n"
        "app = NexiosApp()\n"
        "for number in range(500):\n"
        "    app.get(f'/{number}' * 100)(lambda request, response: None)\n"
    )
    with subprocess.Popen(
        [*SCRIPT, "routes", "many:app"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()
    assert b"Traceback" not in complaint


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")
def test_a_key_typed_on_a_terminal_is_asked_for_and_not_shown() -> None:
    key, hashed = create_api_key()
    ours, theirs = os.openpty()
    seen = b""
    with subprocess.Popen(
        [*SCRIPT, "key", "verify", hashed],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            while not seen.endswith(b": "):
                seen += os.read(ours, 1024)
            os.write(ours, key.encode() + b"\n")
            output, _ = process.communicate(timeout=20)
            seen += os.read(ours, 1024)
        finally:
            process.kill()
            os.close(ours)
    assert process.returncode == 0
    assert b"API key: " in seen
    assert b"is the one" in output
    assert key.encode() not in seen + output
