"""Signed cookies whose sessions end in every process: what is asked of the store, and what if it is down."""

from __future__ import annotations

import anyio
import httpx2
import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp
from tests.parts import Clock, assert_problem
from tests.session.apps import client_of, is_in, kept_in, session_app
from tests.session.sources import sources
from tests.session.watching import WatchedStore

pytestmark = sources("shared")

UNREADABLE = "The session is not available at the moment."


@pytest.fixture
def store(source: str, monkeypatch: pytest.MonkeyPatch) -> WatchedStore:
    store = WatchedStore()
    monkeypatch.setitem(kept_in, "ended_in", store)
    return store


def login(app: NexiosApp) -> str:
    client = TestClient(app)
    client.post("/login/ada")
    return str(client.cookies["session"])


@pytest.mark.parametrize("path", ["/logout", "/login/bob", "/renew"])
def test_a_cookie_from_before_is_dead_in_another_process_within_a_second(
    store: WatchedStore, clock: Clock, path: str
) -> None:
    here, there = session_app(clock=clock), session_app(clock=clock)
    cookie = login(here)
    assert is_in(there, cookie)
    assert client_of(here, cookie).post(path).is_success
    assert not is_in(here, cookie)
    clock.turn(seconds=1)
    assert not is_in(there, cookie)


def test_a_logout_holds_after_a_restart(store: WatchedStore, clock: Clock) -> None:
    app = session_app(clock=clock)
    cookie = login(app)
    client_of(app, cookie).post("/logout")
    assert not is_in(session_app(clock=clock), cookie)


def test_the_store_is_asked_once_a_second_and_for_cookies_of_ours_alone(
    store: WatchedStore, clock: Clock
) -> None:
    app = session_app(clock=clock)
    cookie = login(app)
    clock.turn(seconds=1)
    store.take()
    for _ in range(5):
        TestClient(app).get("/me")
        TestClient(app).get("/me", headers={"cookie": "other=1"})
    assert store.take() == []
    for _ in range(5):
        assert is_in(app, cookie)
    assert store.take() == ["revoked_since"]
    clock.turn(seconds=1)
    assert is_in(app, cookie)
    assert store.take() == ["revoked_since"]


@pytest.mark.anyio
async def test_all_who_wait_ask_once(store: WatchedStore, clock: Clock) -> None:
    app = session_app(clock=clock)
    asked, go_on = anyio.Event(), anyio.Event()
    revoked_since = store.revoked_since

    async def slow(*args: object) -> object:
        asked.set()
        with anyio.fail_after(10):
            await go_on.wait()
        return await revoked_since(*args)

    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        await client.post("/login/ada")
        clock.turn(seconds=1)
        store.take()
        store.revoked_since = slow  # type: ignore[method-assign]
        statuses: list[int] = []

        async def ask() -> None:
            statuses.append((await client.get("/me")).status_code)

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(ask)
            await asked.wait()
            go_on.set()
    assert statuses == [200] * 20
    assert store.take() == ["revoked_since"]


def test_where_it_is_not_known_what_has_ended_nobody_gets_in(store: WatchedStore, clock: Clock) -> None:
    app = session_app(clock=clock)
    client = client_of(app, login(app))
    clock.turn(seconds=1)
    store.down = {"*"}
    answer = client.get("/untouched")
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers
    assert_problem(client.get("/me"), 503)
    for method, path in [("GET", "/session"), ("POST", "/keep/a/1"), ("POST", "/logout")]:
        answer = client.request(method, path)
        assert_problem(answer, 503, UNREADABLE)
        assert "set-cookie" not in answer.headers
    assert TestClient(app).get("/me").status_code == 401
    store.down = set()
    assert client.get("/me").status_code == 200


def test_a_logout_that_is_not_kept_is_not_acknowledged_and_made_up_for(
    store: WatchedStore, clock: Clock
) -> None:
    here, there = session_app(clock=clock), session_app(clock=clock)
    cookie = login(here)
    store.down = {"revoke"}
    answer = client_of(here, cookie).post("/logout")
    assert_problem(answer, 503, "The server cannot answer the request at the moment.")
    assert "set-cookie" not in answer.headers
    # It is over here, and the next attempt is no success either as long as others do not know.
    assert client_of(here, cookie).post("/logout").status_code == 503
    store.down = set()
    assert client_of(here, cookie).post("/logout").status_code == 200
    assert not is_in(here, cookie)
    assert not is_in(there, cookie)


def test_a_logout_is_written_before_its_answer_begins(store: WatchedStore) -> None:
    app = session_app()
    cookie = login(app)

    async def watched(scope: object, receive: object, send: object) -> None:
        async def sending(message: object) -> None:
            assert "revoke" in store.asked
            await send(message)  # type: ignore[operator]

        await app(scope, receive, sending)  # type: ignore[arg-type]

    assert client_of(watched, cookie).post("/logout").status_code == 200


def test_what_nobody_needs_to_remember_is_deleted(store: WatchedStore, clock: Clock) -> None:
    app = session_app(clock=clock)
    for _ in range(3):
        client_of(app, login(app)).post("/logout")
    assert len(store._revoked) == 3
    clock.turn(days=15)
    client_of(app, login(app)).post("/logout")
    assert len(store._revoked) == 1
