"""`nexios sessions`: the sessions of a store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from nexios.stores import SessionRecord, open_store
from tests.cli.conftest import Nexios
from tests.cli.reading import assert_one_line, said

Sessions = Callable[..., Result]

NOW = datetime.now(UTC)


def session(session_id: str, identity: str = "ada", **fields: Any) -> SessionRecord:
    # Not of the import: a run that takes half a minute would be a minute later.
    now = datetime.now(UTC)
    usual: dict[str, Any] = {
        "secret_hash": session_id.ljust(64, "0"),
        "data": {"user": b'{"id":"ada"}', "note": b'"private"'},
        "created_at": now - timedelta(hours=3),
        "last_seen_at": now - timedelta(minutes=20),
        "expires_at": now + timedelta(days=13, hours=23),
        "address": "192.0.2.7",
        "user_agent": "Mozilla/5.0 Firefox/140.0",
    }
    return SessionRecord(id=session_id, identity=identity, **{**usual, **fields})


@pytest.fixture
def sessions(nexios: Nexios, tmp_path: Path) -> Sessions:
    """Run `nexios sessions` on a store in which Ada has two sessions, an expired one, and Bob one."""
    url = f"sqlite:///{tmp_path / 'sessions.db'}"

    async def fill() -> None:
        async with open_store(url) as store:
            await store.upgrade()
            await store.add_session(session("a1"))
            await store.add_session(session("a2", last_seen_at=NOW - timedelta(days=5), user_agent=None))
            await store.add_session(session("a3", expires_at=NOW - timedelta(seconds=9)))
            await store.add_session(session("b1", "bob"))

    asyncio.run(fill())

    def run(*arguments: str, **env: str) -> Result:
        return nexios("sessions", *arguments, **{"NEXIOS_STORE_URL": url, **env})

    return run


def ids(sessions: Sessions, identity: str) -> list[str]:
    return [each["id"] for each in json.loads(sessions("list", identity, "--json").stdout)]


def test_a_list_shows_when_and_from_where_and_nothing_of_what_is_kept(sessions: Sessions) -> None:
    result = sessions("list", "ada")
    assert result.exit_code == 0
    title, _, *rows = result.stdout.splitlines()
    assert title == "id, last seen    begun, ends   from"
    assert rows == [
        "a1               3 hours ago   192.0.2.7",
        "20 minutes ago   in 14 days    Mozilla/5.0 Firefox/140.0",
        "",
        "a2               3 hours ago   192.0.2.7",
        "5 days ago       in 14 days    ?",
        "",
        "2 sessions",
    ]


def test_a_list_for_programs_says_the_same(sessions: Sessions) -> None:
    first, second = json.loads(sessions("list", "ada", "--json").stdout)
    assert (first["id"], second["id"]) == ("a1", "a2")
    assert set(first) == {
        *("id", "identity", "created_at", "last_seen_at", "expires_at", "address", "user_agent")
    }


def test_who_has_none_has_none(sessions: Sessions) -> None:
    result = sessions("list", "nobody")
    assert (result.exit_code, result.stdout) == (0, "0 sessions\n")


def test_what_a_client_said_of_itself_is_not_obeyed_by_the_terminal(sessions: Sessions) -> None:
    result = sessions("list", "ada\x1b[31m")
    assert "\x1b" not in result.output


def test_one_session_is_ended(sessions: Sessions) -> None:
    result = sessions("revoke", "a1")
    assert (result.exit_code, result.stdout) == (0, "1 session ended.\n")
    assert ids(sessions, "ada") == ["a2"]
    again = sessions("revoke", "a1")
    assert_one_line(again)
    assert "there is no session of this id" in again.stderr


def test_all_sessions_of_a_user_are_ended(sessions: Sessions) -> None:
    assert sessions("revoke", "--identity", "ada").stdout == "3 sessions ended.\n"
    assert sessions("revoke", "--identity", "ada").stdout == "0 sessions ended.\n"
    assert (ids(sessions, "ada"), ids(sessions, "bob")) == ([], ["b1"])


@pytest.mark.parametrize("arguments", [[], ["a1", "--identity", "ada"]], ids=["neither", "both"])
def test_one_says_which_session_or_whose(sessions: Sessions, arguments: list[str]) -> None:
    result = sessions("revoke", *arguments)
    assert result.exit_code == 2
    assert "name one session by its ID, or a user by --identity" in said(result)
    assert ids(sessions, "ada") == ["a1", "a2"]


def test_expired_sessions_are_deleted(sessions: Sessions) -> None:
    assert sessions("purge").stdout == "1 session deleted.\n"
    assert sessions("purge").stdout == "0 sessions deleted.\n"
    assert ids(sessions, "ada") == ["a1", "a2"]


@pytest.mark.parametrize("arguments", [("list", "ada"), ("revoke", "a1"), ("purge",)])
def test_a_store_is_needed(sessions: Sessions, arguments: tuple[str, ...]) -> None:
    result = sessions(*arguments, NEXIOS_STORE_URL="")
    assert_one_line(result)
    assert "--store sqlite:///app.db" in result.stderr
