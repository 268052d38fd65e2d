"""`nexios db`: the tables of a store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Nexios
from tests.cli.reading import assert_one_line


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/app.db"


def test_tables_are_made_once(nexios: Nexios, url: str) -> None:
    first = nexios("db", "upgrade", "--store", url)
    assert first.exit_code == 0, first.output
    assert first.stdout.startswith("The tables are upgraded: none to 0")
    second = nexios("db", "upgrade", "--store", url)
    assert (second.exit_code, second.stdout[:28]) == (0, "The tables are up to date: 0")


def test_the_store_may_be_named_by_the_environment(nexios: Nexios, url: str) -> None:
    assert nexios("db", "upgrade", NEXIOS_STORE_URL=url).exit_code == 0
    assert nexios("db", "current", NEXIOS_STORE_URL=url).exit_code == 0


def test_a_script_can_ask_whether_there_is_something_to_do(nexios: Nexios, url: str) -> None:
    before = nexios("db", "current", "--store", url)
    assert before.exit_code == 1
    assert before.stdout.startswith("no tables, the newest is 0")
    assert before.stdout.endswith(": nexios db upgrade\n")
    nexios("db", "upgrade", "--store", url)
    after = nexios("db", "current", "--store", url, "--json")
    assert after.exit_code == 0
    told = json.loads(after.stdout)
    assert told["current"] == told["newest"]
    assert nexios("db", "current", "--store", url).stdout == f"{told['newest']}, the newest\n"


def test_the_history_shows_where_the_store_stands(nexios: Nexios, url: str) -> None:
    before = nexios("db", "history", "--store", url)
    assert "The store has no tables yet: nexios db upgrade" in before.stdout
    nexios("db", "upgrade", "--store", url)
    told = json.loads(nexios("db", "history", "--store", url, "--json").stdout)
    assert [each["current"] for each in told] == [False] * (len(told) - 1) + [True]
    assert told[0]["summary"] == "Keys, sessions, refresh tokens and revocations."
    lines = nexios("db", "history", "--store", url).stdout.splitlines()
    assert [line for line in lines if "the store is here" in line] == lines[-1:]


@pytest.mark.parametrize("command", ["upgrade", "current", "history"])
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "--store sqlite:///app.db"),
        ("memory://", "process's own"),
        ("mysql://ada:geheim@host/db", "choose from memory://, sqlite:///app.db"),
        ("redis://ada:geheim@host", "has no tables"),
        ("sqlite:////nowhere/at/all.db", "does its folder exist"),
    ],
    ids=["none", "memory", "another scheme", "redis", "no folder"],
)
def test_a_store_that_cannot_be_upgraded_is_said_in_a_line(
    nexios: Nexios, command: str, url: str, says: str
) -> None:
    result = nexios("db", command, "--store", url)
    assert_one_line(result)
    assert says in result.stderr
    assert "geheim" not in result.output
