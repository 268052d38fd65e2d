"""Attacks on sessions in a store: brought back, lost between two requests, guessed, copied from a list."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

import pytest

from nexios import Request, Response
from nexios.auth.backends.session import logout
from nexios.session import Sessions
from tests.attacks.asking import asking
from tests.attacks.targets import SessionTarget, cookie
from tests.session.watching import WatchedStore

# What an id of somebody's imagination looks like.
STRANGE = {
    "1 MiB": "a" * (1 << 20),
    "1 MiB of a secret": "a" * ((1 << 20) - 1) + "A",
    "path": "../../../../etc/passwd",
    "path of the length": ("../" * 15)[:43],
    "another store's prefix": "nexios:session:" + "a" * 27 + "A",
    "another store's wildcard": "*" * 43,
    "null": "\x00" * 43,
    "SQL": "' OR secret_hash <> '" + "a" * 22,
    "a hash": "0" * 64,
    "percent": "%41" * 14 + "A",
    "an empty value": "",
    "the second spelling of a secret": "a" * 42 + "B",
}


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def target(store: WatchedStore) -> SessionTarget:
    return SessionTarget(store=store)


def held(target: SessionTarget, path: str, act: Any) -> tuple[asyncio.Event, asyncio.Event]:
    """A route that reads the session, waits, and then acts on it."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    @target.app.post(path)
    async def handler(request: Request, response: Response) -> dict[str, Any]:
        dict(request.session)
        inside.set()
        await asyncio.wait_for(go_on.wait(), 10)
        act(request)
        return {}

    return inside, go_on


def run(awaitable: Awaitable[Any]) -> Any:
    async def main() -> Any:
        return await awaitable

    return asyncio.run(main())


WRITES = {
    "a key": lambda request: request.session.update(more="1"),
    "a nested value": lambda request: request.session["user"].update(more="1"),
    "a renewal": lambda request: request.session.renew(),
    "nothing": lambda request: None,
    "a logout": logout,
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("ending", ["/logout", "/login/8"])
def test_session_store_01_a_session_that_ended_while_another_request_ran_stays_ended(
    target: SessionTarget, store: WatchedStore, name: str, ending: str
) -> None:
    secret = target.login()
    inside, go_on = held(target, "/slow", WRITES[name])

    async def attack() -> tuple[Any, Any]:
        slow = asyncio.create_task(asking(target.app, "/slow", method="POST", headers=[cookie(secret)]))
        await asyncio.wait_for(inside.wait(), 10)
        ended = await asking(target.app, ending, method="POST", headers=[cookie(secret)])
        go_on.set()
        return await slow, ended

    answer, ended = run(attack())
    assert ended.status == 200
    given = [line.partition(";")[0].partition("=")[2] for line in answer.all("set-cookie")]
    for value in {secret, *given} - {""}:
        target.assert_stranger(cookie(value))
    assert run(Sessions(store).list("7")) == []
    assert len(store._sessions) == (1 if ending == "/login/8" else 0)


def test_session_store_02_two_requests_that_write_different_keys_lose_neither(target: SessionTarget) -> None:
    secret = target.login()
    one = held(target, "/one", lambda request: request.session.update(one=[1]))
    two = held(target, "/two", lambda request: request.session.update(two={"a": 2}))

    async def attack() -> list[Any]:
        asked = [
            asyncio.create_task(asking(target.app, path, method="POST", headers=[cookie(secret)]))
            for path in ("/one", "/two")
        ]
        for inside, _ in (one, two):
            await asyncio.wait_for(inside.wait(), 10)
        for _, go_on in (two, one):
            go_on.set()
        return await asyncio.gather(*asked)

    assert [answer.status for answer in run(attack())] == [200, 200]
    found = json.loads(target.ask("/session", headers=[cookie(secret)]).body)
    assert found == {"user": {"id": "7"}, "one": [1], "two": {"a": 2}}


@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE.keys())
def test_session_store_04_what_has_not_the_form_of_a_secret_is_refused_without_a_query(
    target: SessionTarget, store: WatchedStore, value: str
) -> None:
    target.login()
    store.take()
    target.assert_stranger(cookie(value))
    assert store.take() == []


def test_session_store_04_what_has_the_form_is_looked_for_once_and_refused(
    target: SessionTarget, store: WatchedStore
) -> None:
    target.login()
    store.take()
    target.assert_stranger(cookie("a" * 42 + "A"))
    assert store.take() == ["find_session"]


def test_session_store_05_nothing_that_a_list_shows_is_a_cookie(
    target: SessionTarget, store: WatchedStore
) -> None:
    secret = target.login("7", ("user-agent", "a browser"))
    (shown,) = run(Sessions(store).list("7"))
    texts = [str(getattr(shown, name)) for name in shown.__struct_fields__]
    (record,) = store._sessions.values()
    for text in (*texts, repr(shown), record.secret_hash, record.id.ljust(42, "a") + "A"):
        assert secret not in text
        target.assert_stranger(cookie(text))
    target.assert_lets_in("7", cookie(secret))
