"""`nexios key`."""

from __future__ import annotations

import json
import re

import pytest

from nexios.auth.backends.apikey import create_api_key, verify_key
from tests.cli.conftest import Nexios
from tests.cli.reading import assert_one_line, said


def test_a_key_is_shown_once_beside_the_hash_to_store(nexios: Nexios) -> None:
    result = nexios("key", "create")
    assert result.exit_code == 0
    shown = dict(line.split() for line in result.stdout.splitlines())
    assert shown["key"].startswith("key_")
    assert verify_key(shown["key"], shown["hash"])
    assert "store the hash" in result.stderr


def test_a_key_may_have_another_prefix(nexios: Nexios) -> None:
    assert "acme_live_" in nexios("key", "create", "--prefix", "acme_live").stdout


def test_a_key_and_its_hash_are_json_for_programs(nexios: Nexios) -> None:
    result = nexios("key", "create", "--json")
    made = json.loads(result.stdout)
    assert set(made) == {"key", "hash"}
    assert verify_key(made["key"], made["hash"])


def test_the_longest_key_is_never_cut_on_a_narrow_terminal(nexios: Nexios) -> None:
    result = nexios("key", "create", "--prefix", "a" * 32, COLUMNS="40", TTY_COMPATIBLE="1", NO_COLOR="1")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)
    (key, hashed) = (line.split()[1] for line in plain.splitlines())
    assert verify_key(key, hashed)


@pytest.mark.parametrize("prefix", ["", "_", "a__b", "-x", "ä", "a" * 33, "a b"])
def test_a_prefix_that_cannot_be_is_a_usage_error_that_says_what_can(nexios: Nexios, prefix: str) -> None:
    result = nexios("key", "create", "--prefix", prefix)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "a prefix begins with a letter" in said(result)


def test_the_right_key_is_verified_from_standard_input(nexios: Nexios) -> None:
    key, hashed = create_api_key()
    result = nexios("key", "verify", hashed, stdin=key + "\n")
    assert result.exit_code == 0
    assert "is the one" in result.stdout
    assert key not in result.output


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda key: create_api_key()[0], "another one"),
        (lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"), "typo"),
        (lambda key: "", "no API key"),
        (lambda key: "hunter2", "no API key"),
    ],
    ids=["another-key", "typo", "nothing", "no-key"],
)
def test_a_wrong_key_exits_1_and_is_not_shown(nexios: Nexios, change: object, reason: str) -> None:
    key, hashed = create_api_key()
    wrong = change(key)  # type: ignore[operator]
    result = nexios("key", "verify", hashed, stdin=wrong)
    assert_one_line(result)
    assert reason in result.stderr
    assert not wrong or wrong not in result.output


@pytest.mark.parametrize("stored", ["", "abc", "Z" * 64, "a" * 65])
def test_a_hash_that_is_none_is_a_usage_error(nexios: Nexios, stored: str) -> None:
    result = nexios("key", "verify", stored, stdin=create_api_key()[0])
    assert result.exit_code == 2
    assert "64 digits and letters" in said(result)


def test_a_key_given_as_the_hash_is_not_shown_and_said_to_be_in_the_history(nexios: Nexios) -> None:
    key, _ = create_api_key()
    result = nexios("key", "verify", key)
    assert result.exit_code == 2
    assert key not in result.output
    assert "replace it" in said(result)
