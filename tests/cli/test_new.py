"""`nexios new` begins a project that works at once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Nexios


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def secret_of(project: Path) -> str:
    settings = dict(line.split("=", 1) for line in (project / ".env").read_text().splitlines())
    return settings["NEXIOS_SECRET_KEY"]


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("NEXIOS_", "COV"))}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=env, capture_output=True, text=True, timeout=120
    )


def test_its_tests_pass(nexios: Nexios, folder: Path) -> None:
    assert nexios("new", "my-api").exit_code == 0
    done = run(folder / "my-api", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_nothing_is_found_wrong_with_it_in_production(nexios: Nexios, folder: Path) -> None:
    nexios("new", "my-api")
    project = folder / "my-api"
    settings = {"NEXIOS_SECRET_KEY": secret_of(project), "NEXIOS_ENVIRONMENT": "production"}
    checked = subprocess.run(
        [sys.executable, "-m", "nexios.cli", "check", "main:app"],
        cwd=project,
        env={**os.environ, **settings, "NEXIOS_STORE_URL": "sqlite:///it.db"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_project_has_a_secret_of_its_own_that_only_its_owner_reads(
    nexios: Nexios, folder: Path
) -> None:
    nexios("new", "one")
    nexios("new", "two")
    assert secret_of(folder / "one") != secret_of(folder / "two")
    assert len(secret_of(folder / "one")) >= 43
    assert stat.S_IMODE((folder / "one" / ".env").stat().st_mode) == 0o600
    for ignored in (".gitignore", ".dockerignore"):
        assert ".env" in (folder / "one" / ignored).read_text().splitlines()


def test_the_secret_stands_in_no_other_file_and_is_not_shown(nexios: Nexios, folder: Path) -> None:
    shown = nexios("new", "one").output
    secret = secret_of(folder / "one")
    assert secret not in shown
    others = [file for file in (folder / "one").rglob("*") if file.is_file() and file.name != ".env"]
    assert len(others) == 8
    assert not any(secret in file.read_text() for file in others)


def test_it_says_what_to_do_next(nexios: Nexios) -> None:
    shown = nexios("new", "my-api").output
    assert "cd my-api" in shown
    assert "nexios keys create --owner me --name first --prefix my_api" in shown


@pytest.mark.parametrize(
    "name", ["My-api", "1api", "../api", "/tmp/api", "my api", "a--b", "", "a" * 33, "nexios"]
)
def test_a_name_that_cannot_be_is_refused(nexios: Nexios, folder: Path, name: str) -> None:
    refused = nexios("new", name)
    assert refused.exit_code == 1
    assert "e.g. my-api" in refused.stderr
    assert list(folder.iterdir()) == []


def test_what_is_there_already_is_left_alone(nexios: Nexios, folder: Path) -> None:
    (folder / "one").mkdir()
    (folder / "one" / "app.py").write_text("mine")
    refused = nexios("new", "one")
    assert refused.exit_code == 1
    assert "choose another name" in refused.stderr
    assert [file.name for file in (folder / "one").iterdir()] == ["app.py"]


def test_an_empty_folder_is_filled(nexios: Nexios, folder: Path) -> None:
    (folder / "one").mkdir()
    assert nexios("new", "one").exit_code == 0
    assert (folder / "one" / "app.py").exists()


def test_a_file_in_the_way_is_said(nexios: Nexios, folder: Path) -> None:
    (folder / "one").write_text("")
    refused = nexios("new", "one")
    assert refused.exit_code == 1
    assert "choose another name" in refused.stderr
