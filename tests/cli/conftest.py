"""The command line at work in a folder of its own."""

from __future__ import annotations

import importlib
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from nexios.cli.app import app

Nexios = Callable[..., Result]
Write = Callable[..., None]

_QUIET = {"FORCE_COLOR": None, "NO_COLOR": None, "PY_COLORS": None, "TERM": "xterm", "COLUMNS": None}


@pytest.fixture
def nexios(monkeypatch: pytest.MonkeyPatch) -> Nexios:
    """Run `nexios` with arguments as they are written in a shell; nothing of the real environment counts."""
    for name in [name for name in os.environ if name.startswith("NEXIOS_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, stdin: str | bytes = "", **env: str) -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin, env={**_QUIET, **env})

    return run


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write modules into the current folder; what is imported of them is forgotten after the test."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)

    def write(name: str, source: str, *more: str) -> None:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join([textwrap.dedent(source), *map(textwrap.dedent, more)]), encoding="utf-8")
        importlib.invalidate_caches()

    yield write
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
