"""Sessions from outside of a request: listed and ended, and never opened by what a list shows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp
from nexios.events import Events, SessionEnded
from nexios.exceptions import ConfigError
from nexios.session import SessionInfo, Sessions
from tests.parts import Clock
from tests.session.apps import client_of, id_of, is_in, kept_in, session_app
from tests.session.sources import SERVED, sources

pytestmark = sources("memory", *SERVED)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sessions(clock: Clock) -> Sessions:
    return Sessions(kept_in["store"], clock=clock)


def login(app: NexiosApp, name: str, **headers: str) -> str:
    client = TestClient(app, client=("192.0.2.7", 4711))
    return str(client.post(f"/login/{name}", headers=headers).cookies["session"])


def run(awaitable: Any) -> Any:
    async def main() -> Any:
        return await awaitable

    return asyncio.run(main())


def moment(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock(), UTC)


def test_a_list_shows_when_and_from_where_and_nothing_of_what_is_kept(clock: Clock) -> None:
    app = session_app(clock=clock, max_age=timedelta(days=2))
    cookie = login(app, "ada", **{"user-agent": FIREFOX})
    begun = moment(clock)
    clock.turn(hours=1)
    client_of(app, cookie).get("/me")
    (found,) = run(sessions(clock).list("ada"))
    assert found == SessionInfo(
        id=found.id,
        identity="ada",
        created_at=begun,
        last_seen_at=begun + timedelta(hours=1),
        expires_at=begun + timedelta(days=2),
        address="192.0.2.7",
        user_agent=FIREFOX,
    )
    assert run(sessions(clock).get(found.id)) == found
    assert cookie not in repr(found)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("", None),
        ("a" * 1000, "a" * 256),
        ("a\x1b[31mb\tc", "a[31mbc"),
    ],
    ids=["empty", "long", "escapes"],
)
def test_a_client_says_what_it_is_within_bounds(clock: Clock, sent: str, shown: str | None) -> None:
    app = session_app(clock=clock)
    TestClient(app).post("/login/ada", headers=[(b"user-agent", sent.encode("latin-1"))])
    (found,) = run(sessions(clock).list("ada"))
    assert found.user_agent == shown


def test_a_revoked_session_is_dead_at_once_in_every_process(clock: Clock) -> None:
    here, there = session_app(clock=clock), session_app(clock=clock)
    cookie, other = login(here, "ada"), login(here, "ada")
    assert is_in(there, cookie)
    gone = id_of(here, cookie)
    assert len(run(sessions(clock).list("ada"))) == 2
    assert run(sessions(clock).revoke(gone)) is True
    assert run(sessions(clock).revoke(gone)) is False
    assert run(sessions(clock).get(gone)) is None
    assert [is_in(app, cookie) for app in (here, there)] == [False, False]
    assert [is_in(app, other) for app in (here, there)] == [True, True]


def test_all_sessions_of_a_user_end_but_the_one_that_is_kept(clock: Clock) -> None:
    app = session_app(clock=clock)
    cookies = [login(app, "ada") for _ in range(3)]
    bob = login(app, "bob")
    assert run(sessions(clock).revoke_all("ada", keep=id_of(app, cookies[1]))) == 2
    assert [is_in(app, cookie) for cookie in cookies] == [False, True, False]
    assert run(sessions(clock).revoke_all("ada")) == 1
    assert run(sessions(clock).revoke_all("ada")) == 0
    assert run(sessions(clock).list("ada")) == []
    assert is_in(app, bob)


def test_who_has_not_logged_in_is_in_no_list(clock: Clock) -> None:
    app = session_app(clock=clock)
    client = TestClient(app)
    client.post("/keep/a/1")
    assert run(sessions(clock).list("")) == []
    client.post("/login/ada")
    (found,) = run(sessions(clock).list("ada"))
    client.post("/logout")
    assert run(sessions(clock).list("ada")) == []
    assert run(sessions(clock).get(found.id)) is None


def test_a_login_as_somebody_else_is_in_the_list_of_that_one(clock: Clock) -> None:
    client = TestClient(session_app(clock=clock))
    client.post("/login/ada")
    client.post("/login/bob")
    assert run(sessions(clock).list("ada")) == []
    assert len(run(sessions(clock).list("bob"))) == 1


def test_a_renewed_session_is_the_same_one(clock: Clock) -> None:
    client = TestClient(session_app(clock=clock))
    client.post("/login/ada")
    before = run(sessions(clock).list("ada"))
    client.post("/renew")
    assert run(sessions(clock).list("ada")) == before


def test_what_has_expired_is_not_shown(clock: Clock) -> None:
    app = session_app(clock=clock, max_age=timedelta(hours=1))
    idle = session_app(clock=clock, idle_timeout=timedelta(minutes=10))
    login(app, "ada")
    login(idle, "ada")
    assert len(run(sessions(clock).list("ada"))) == 2
    clock.turn(minutes=11)
    (left,) = run(sessions(clock).list("ada"))
    clock.turn(hours=1)
    assert run(sessions(clock).list("ada")) == []
    assert run(sessions(clock).get(left.id)) is None


def test_whoever_listens_hears_of_what_is_ended_from_outside(clock: Clock) -> None:
    app, events = session_app(clock=clock), Events()
    heard: list[Any] = []
    events.listen(SessionEnded)(heard.append)
    manager = Sessions(kept_in["store"], events=events, clock=clock)
    ids = [id_of(app, login(app, "ada")) for _ in range(3)]

    async def end() -> None:
        await manager.revoke(ids[0])
        await manager.revoke(ids[0])
        await manager.revoke_all("ada", keep=ids[1])
        await manager.revoke_all("bob")
        await events.drain()

    run(end())
    assert [(each.identity, each.session_id, each.reason, each.count) for each in heard] == [
        ("ada", ids[0], "revoked", 1),
        ("ada", None, "revoked", 1),
    ]


@pytest.mark.parametrize("session_id", ["", "nobody", "x" * 5000, "../x", "%", "\x00"])
def test_an_id_that_is_none_finds_nothing(clock: Clock, session_id: str) -> None:
    login(session_app(clock=clock), "ada")
    assert run(sessions(clock).get(session_id)) is None
    assert run(sessions(clock).revoke(session_id)) is False
    assert len(run(sessions(clock).list("ada"))) == 1


@pytest.mark.parametrize("store", [None, object(), "sqlite:///app.db", dict])
def test_a_store_that_keeps_no_sessions_is_refused(store: Any) -> None:
    with pytest.raises(ConfigError, match="keeps no sessions: Sessions"):
        Sessions(store)


@pytest.mark.parametrize("user_id", [7, None, b"ada"], ids=repr)
def test_what_is_no_text_is_refused_and_not_silently_nobody(user_id: Any, clock: Clock) -> None:
    """A number from a user's table would end none of the sessions of "7", with a new password set."""
    manager = sessions(clock)
    for refused in (manager.list, manager.get, manager.revoke, manager.revoke_all):
        with pytest.raises(TypeError, match=r"is text, not (int|NoneType|bytes)"):
            run(refused(user_id))
    with pytest.raises(TypeError, match="keep is text, not int"):
        run(manager.revoke_all("ada", keep=7))  # type: ignore[arg-type]
