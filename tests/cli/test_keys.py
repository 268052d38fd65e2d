"""`nexios keys`: the API keys of a store."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from nexios.apikeys import APIKey, APIKeys
from nexios.stores import open_store
from tests.cli.conftest import Nexios
from tests.cli.reading import assert_one_line, said

Keys = Callable[..., Result]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store whose tables are there."""
    url = f"sqlite:///{tmp_path / 'keys.db'}"

    async def upgrade() -> None:
        async with open_store(url) as store:
            await store.upgrade()

    asyncio.run(upgrade())
    return url


@pytest.fixture
def keys(nexios: Nexios, url: str) -> Keys:
    """Run `nexios keys` on that store."""

    def run(*arguments: str, **env: str) -> Result:
        return nexios("keys", *arguments, NEXIOS_STORE_URL=url, **env)

    return run


def made(keys: Keys, *options: str, owner: str = "7", name: str = "ci") -> dict[str, Any]:
    result = keys("create", "--owner", owner, "--name", name, "--json", *options)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def verified(url: str, key: str, prefix: str = "key", address: str | None = None) -> APIKey | None:
    async def verify() -> APIKey | None:
        async with open_store(url) as store:
            return await APIKeys(store, prefix=prefix).verify(key, address)

    return asyncio.run(verify())


def test_a_key_is_shown_once_and_is_good(keys: Keys, url: str) -> None:
    result = keys("create", "--owner", "7", "--name", "ci")
    assert result.exit_code == 0, result.output
    shown = dict(line.split() for line in result.stdout.splitlines())
    found = verified(url, shown["key"])
    assert found is not None
    assert (found.id, found.owner, found.name, found.permissions) == (shown["id"], "7", "ci", None)
    assert "shown this once" in result.stderr
    assert shown["key"][4:-8] not in keys("list", "--all").output + keys("list", "--json").output


def test_all_that_a_key_may_be_given(keys: Keys, url: str) -> None:
    options = ["--prefix", "acme_live", "--permission", "write", "--permission", "read"]
    options += ["--expires-in", "90", "--address", "10.0.0.0/8", "--metadata", '{"team": "blue"}']
    key = made(keys, *options)
    assert key["permissions"] == ["read", "write"]
    assert (key["addresses"], key["metadata"]) == (["10.0.0.0/8"], {"team": "blue"})
    found = verified(url, key["key"], "acme_live", "10.1.2.3")
    assert found is not None
    assert found.expires_at is not None
    assert found.expires_at - found.created_at == timedelta(days=90)
    assert verified(url, key["key"], "acme_live", "192.0.2.7") is None


def test_the_store_is_named_by_an_option_as_well(nexios: Nexios, url: str) -> None:
    result = nexios("keys", "create", "--owner", "7", "--name", "ci", "--store", url)
    assert result.exit_code == 0, result.output
    assert "7" in nexios("keys", "list", "--store", url).stdout


def test_the_good_keys_are_listed_and_the_others_counted(keys: Keys) -> None:
    good = made(keys, "--permission", "read", "--expires-in", "90")
    over = made(keys, owner="ada", name="old")
    replaced = made(keys, owner="bob", name="nightly")
    keys("revoke", over["id"])
    keys("rotate", replaced["id"])
    listed = keys("list").stdout
    assert good["id"] in listed
    assert over["id"] not in listed
    assert "good, ends in 90 days" in listed
    assert "replaced, ends in 24 hours" in listed
    assert "3 keys; 1 more with --all" in listed
    everything = keys("list", "--all").stdout
    assert "revoked now" in everything
    assert "4 keys" in everything
    only = json.loads(keys("list", "--owner", "ada", "--all", "--json").stdout)
    assert [key["id"] for key in only] == [over["id"]]
    assert "0 keys" in keys("list", "--owner", "nobody").stdout


def test_a_name_does_not_command_the_terminal(keys: Keys) -> None:
    made(keys, owner="a\u202eb", name="\u009b31m[bold]x")
    listed = keys("list").stdout
    assert "\u202e" not in listed
    assert "\u009b" not in listed
    assert "[bold]x" in listed


def test_a_key_is_replaced_by_one_of_its_own_prefix(keys: Keys, url: str) -> None:
    old = made(keys, "--prefix", "acme_live", "--permission", "read")
    new = json.loads(keys("rotate", old["id"], "--overlap", "0", "--json").stdout)
    assert new["permissions"] == ["read"]
    assert verified(url, old["key"], "acme_live") is None
    assert verified(url, new["key"], "acme_live") is not None


def test_a_revoked_key_is_dead(keys: Keys, url: str) -> None:
    key = made(keys, "--prefix", "acme_test")
    result = keys("revoke", key["id"])
    assert (result.exit_code, result.stdout) == (0, "The key is revoked.\n")
    assert verified(url, key["key"], "acme_test") is None


def test_keys_that_are_dead_for_long_are_deleted(keys: Keys) -> None:
    key = made(keys)
    keys("revoke", key["id"])
    assert keys("purge").stdout == "0 keys were deleted.\n"
    assert keys("purge", "--dead-for", "0").stdout == "1 key was deleted.\n"
    assert "0 keys" in keys("list", "--all").stdout


@pytest.mark.parametrize("command", ["rotate", "revoke"])
@pytest.mark.parametrize("key_id", ["0" * 28, "'; DROP TABLE nexios_api_keys; --", "x" * 10_000])
def test_an_id_that_is_not_there_is_said(command: str, key_id: str, keys: Keys) -> None:
    result = keys(command, key_id)
    assert_one_line(result)
    assert "there is no key of this id" in result.stderr


def test_a_key_that_is_over_is_not_rotated(keys: Keys) -> None:
    key = made(keys)
    keys("revoke", key["id"])
    result = keys("rotate", key["id"])
    assert_one_line(result)
    assert "create a new one" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--name", ""], "name is text that is not blank"),
        (["--expires-in", "0"], "must be positive"),
        (["--expires-in", "1e300"], "36500"),
        (["--expires-in", "nan"], "36500"),
        (["--address", "home"], "is no network"),
        (["--metadata", "[]"], "a mapping of JSON values"),
        (["--permission", ""], "each of permissions"),
    ],
    ids=str,
)
def test_what_cannot_be_is_a_usage_error(options: list[str], message: str, keys: Keys) -> None:
    result = keys("create", "--owner", "7", "--name", "ci", *options)
    assert result.exit_code == 2, result.output
    assert message in said(result)
    assert "0 keys" in keys("list", "--all").stdout


def test_metadata_that_is_no_json_is_said(keys: Keys) -> None:
    result = keys("create", "--owner", "7", "--name", "ci", "--metadata", "{team: blue}")
    assert_one_line(result)
    assert "--metadata is a JSON object" in result.stderr


@pytest.mark.parametrize("dead_for", ["-1", "1e300", "nan"])
def test_a_time_that_cannot_be_purges_nothing(dead_for: str, keys: Keys) -> None:
    key = made(keys)
    keys("revoke", key["id"])
    assert keys("purge", "--dead-for", dead_for).exit_code == 2
    assert "1 key" in keys("list", "--all").stdout


@pytest.mark.parametrize("overlap", ["-1", "1e300", "nan"])
def test_an_overlap_that_cannot_be_is_a_usage_error(overlap: str, keys: Keys, url: str) -> None:
    key = made(keys)
    assert keys("rotate", key["id"], "--overlap", overlap).exit_code == 2
    assert verified(url, key["key"]) is not None


@pytest.mark.parametrize(
    ("url", "mend"),
    [
        ("", "which store? Set NEXIOS_STORE_URL"),
        ("memory://", "name a database"),
        ("redis://127.0.0.1:1", "keeps no API keys"),
        ("mysql://root:hunter2@host/db", "there is no store of this scheme"),
        ("postgresql://ada:hunter2@127.0.0.1:1/db", "failed with ConnectionRefusedError"),
        ("sqlite:///fresh.db", "nexios db upgrade"),
    ],
    ids=lambda value: re.sub(r"\W.*", "", value),
)
def test_a_store_that_cannot_be_used_is_one_line_without_its_password(
    url: str, mend: str, nexios: Nexios, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["list"], ["create", "--owner", "7", "--name", "ci"]):
        result = nexios("keys", *command, NEXIOS_STORE_URL=url)
        assert_one_line(result)
        assert mend in result.stderr
        assert "hunter2" not in result.output
