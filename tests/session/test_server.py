"""Sessions in a store: what is asked of it, what is in the cookie, what two requests at once leave behind."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import anyio
import httpx2
import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth.backends.session import logout
from nexios.exceptions import ConfigError
from nexios.session import SessionMiddleware
from nexios.stores import MemoryStore
from tests.parts import Clock, assert_problem
from tests.session.apps import client_of, id_of, is_in, kept, kept_in, session_app
from tests.session.sources import SERVED, sources, stored_only
from tests.session.watching import WatchedStore

stored = pytest.mark.usefixtures("store")


@pytest.fixture
def store(source: str, monkeypatch: pytest.MonkeyPatch) -> WatchedStore:
    """The store that `session_app` keeps its sessions in."""
    store = WatchedStore()
    monkeypatch.setitem(kept_in, "store", store)
    return store


@stored_only
def test_the_cookie_holds_a_secret_of_which_the_store_has_the_hash(store: WatchedStore) -> None:
    client = TestClient(session_app())
    client.post("/login/ada")
    secret = client.cookies["session"]
    assert len(secret) == 43
    (record,) = store._sessions.values()
    assert record.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in repr(vars(store))
    assert record.data == {"user": b'{"id":"ada"}'}


@stored_only
def test_what_was_not_changed_costs_one_query_and_no_write(store: WatchedStore) -> None:
    client = TestClient(session_app())
    client.post("/login/ada")
    store.take()
    for path in ("/me", "/session", "/untouched", "/me"):
        client.get(path)
        assert store.take() == ["find_session"], path


@stored_only
def test_who_brings_no_cookie_and_stores_nothing_costs_no_query(store: WatchedStore) -> None:
    client = TestClient(session_app())
    for path in ("/me", "/session", "/untouched"):
        assert "set-cookie" not in client.get(path).headers
    assert "set-cookie" not in client.post("/logout").headers
    assert "set-cookie" not in client.post("/renew").headers
    assert store.take() == []


@stored_only
@pytest.mark.parametrize(
    ("given", "queries"),
    [
        ("session=A" + "a" * 41 + "A", 1),
        ("session=A" + "a" * 41 + "B", 0),
        ("session=" + "a" * 42, 0),
        ("session=" + "a" * 44, 0),
        ("session=" + "a" * 41 + "=A", 0),
        ("session=" + "0123456789abcdef01234567", 0),
        ("session=../../../etc/passwd", 0),
        ("session=", 0),
        ("session=" + "a" * 10_000, 0),
        ("session=\xe9" + "a" * 41 + "A", 0),
        ("other=" + "a" * 42 + "A", 0),
        ("session=" + "a" * 42 + "A; session=" + "a" * 42 + "A", 1),
        ("session=" + "a" * 42 + "A; session=" + "b" * 42 + "A", 2),
        ("session=" + "a" * 42 + "A; session=" + "b" * 42 + "A; session=" + "c" * 42 + "A", 0),
    ],
)
def test_what_has_not_the_form_of_a_secret_costs_no_query(
    store: WatchedStore, given: str, queries: int
) -> None:
    client = TestClient(session_app())
    assert client.get("/me", headers={"cookie": given.encode("latin-1")}).status_code == 401
    assert store.take() == ["find_session"] * queries


@stored_only
def test_a_use_is_noted_at_most_once_a_minute(store: WatchedStore, clock: Clock) -> None:
    client = TestClient(session_app(clock=clock))
    client.post("/login/ada")
    store.take()
    for seconds, calls in [(59, []), (1, ["touch_session"]), (0, []), (59, []), (600, ["touch_session"])]:
        clock.turn(seconds=seconds)
        client.get("/me")
        assert store.take() == ["find_session", *calls]


@stored_only
def test_the_store_counts_the_idle_timeout_and_the_cookie_is_left_alone(
    store: WatchedStore, clock: Clock
) -> None:
    client = TestClient(session_app(clock=clock, idle_timeout=timedelta(minutes=10)))
    assert f"Max-Age={14 * 24 * 3600};" in client.post("/login/ada").headers["set-cookie"]
    for _ in range(5):
        clock.turn(minutes=9)
        assert "set-cookie" not in client.get("/me").headers
    clock.turn(minutes=11)
    assert "Max-Age=0" in client.get("/me").headers["set-cookie"]


@stored_only
def test_only_what_changed_is_written(store: WatchedStore) -> None:
    written: list[Any] = []
    client = TestClient(session_app())
    client.post("/login/ada")
    change = store.change_session

    async def noted(session_id: str, changes: Any, **options: Any) -> Any:
        written.append(dict(changes))
        return await change(session_id, changes, **options)

    store.change_session = noted  # type: ignore[method-assign]
    client.post("/keep/a/1")
    client.post("/keep/b/2")
    client.post("/keep/b/2")
    client.post("/drop/a")
    assert written == [{"a": b'"1"'}, {"b": b'"2"'}, {"a": None}]


@stored_only
def test_a_change_sets_no_cookie_again(store: WatchedStore) -> None:
    client = TestClient(session_app())
    client.post("/keep/a/1")
    assert "set-cookie" not in client.post("/keep/b/2").headers
    assert client.get("/session").json() == {"a": "1", "b": "2"}


@stored_only
def test_a_store_that_answers_another_session_lets_nobody_in(store: WatchedStore) -> None:
    app = session_app()
    ada, bob = TestClient(app), TestClient(app)
    ada.post("/login/ada")
    bob.post("/login/bob")
    wrong = next(record for record in store._sessions.values() if record.identity == "bob")

    async def find_session(secret_hash: str) -> Any:
        return wrong

    store.find_session = find_session  # type: ignore[method-assign]
    assert_problem(ada.get("/me"), 503)
    assert bob.get("/me").status_code == 200


@stored_only
@pytest.mark.parametrize("data", [b"\xff", b"{", b"", b"[" * 5000], ids=["bytes", "cut", "empty", "deep"])
def test_a_record_that_cannot_be_read_counts_as_none(store: WatchedStore, data: bytes) -> None:
    client = TestClient(session_app())
    client.post("/login/ada")
    (record,) = store._sessions.values()
    record.data["user"] = data
    answer = client.get("/session")
    assert answer.json() == {}
    assert "Max-Age=0" in answer.headers["set-cookie"]


@stored_only
def test_settings_of_now_hold_for_sessions_of_before(store: WatchedStore, clock: Clock) -> None:
    client = TestClient(session_app(clock=clock))
    client.post("/login/ada")
    cookie = client.cookies["session"]
    clock.turn(minutes=30)
    assert is_in(session_app(clock=clock), cookie)
    assert not is_in(session_app(clock=clock, max_age=timedelta(minutes=29)), cookie)
    assert is_in(session_app(clock=clock, idle_timeout=timedelta(hours=1)), cookie)
    clock.turn(minutes=10)
    assert not is_in(session_app(clock=clock, idle_timeout=timedelta(minutes=9)), cookie)


@stored_only
def test_expired_sessions_are_deleted_as_new_ones_come(store: WatchedStore, clock: Clock) -> None:
    app = session_app(clock=clock, max_age=timedelta(hours=1))
    for _ in range(20):
        TestClient(app).post("/keep/a/1")
    assert "purge_sessions" not in store.take()
    clock.turn(hours=2)
    TestClient(app).get("/session")
    assert len(store._sessions) == 20
    TestClient(app).post("/keep/a/1")
    assert len(store._sessions) == 1
    store.take()
    for _ in range(250):
        TestClient(app).post("/keep/a/1")
    assert store.take().count("purge_sessions") == 2


@stored_only
def test_a_purge_that_fails_breaks_no_request(store: WatchedStore, clock: Clock) -> None:
    app = session_app(clock=clock)
    client = TestClient(app)
    clock.turn(hours=1)
    store.down = {"purge_sessions"}
    assert client.post("/login/ada").status_code == 200
    assert client.get("/me").status_code == 200


@stored_only
def test_more_than_a_store_shall_keep_is_a_500_and_nothing_is_kept(
    store: WatchedStore, caplog: pytest.LogCaptureFixture
) -> None:
    app = session_app()

    @app.post("/much/{size:int}")
    async def much(request: Request, response: Response, size: int) -> None:
        request.session["much"] = "x" * size

    client = TestClient(app)
    client.post("/keep/a/1")
    assert client.post("/much/60000").status_code == 204
    assert_problem(client.post("/much/70000"), 500)
    assert "the session takes 70010 bytes, of at most 65536: store less in it" in caplog.text
    assert len(client.get("/session").json()["much"]) == 60_000
    assert_problem(TestClient(app).post("/much/70000"), 500)
    assert len(store._sessions) == 1


@stored_only
def test_a_key_longer_than_a_store_keeps_is_refused(store: WatchedStore) -> None:
    client = TestClient(session_app())
    assert client.post(f"/keep/{'k' * 256}/1").status_code == 204
    assert_problem(client.post(f"/keep/{'k' * 257}/1"), 500)
    assert list(client.get("/session").json()) == ["k" * 256]


@stored_only
@pytest.mark.parametrize("path", ["/login/ada", "/keep/a/1"])
def test_a_secret_that_somebody_planted_is_never_taken_up(store: WatchedStore, path: str) -> None:
    app, planted = session_app(), "a" * 42 + "A"
    client = client_of(app, planted)
    answer = client.post(path)
    given = answer.headers["set-cookie"].partition(";")[0].removeprefix("session=")
    assert given != planted
    assert kept(app, given) != {}
    assert kept(app, planted) == {}


@stored_only
def test_two_stores_do_not_know_each_others_sessions(store: WatchedStore) -> None:
    one, other = session_app(), session_app(store=MemoryStore())
    client = TestClient(one)
    client.post("/login/ada")
    assert is_in(one, client.cookies["session"])
    assert not is_in(other, client.cookies["session"])


def test_no_secret_key_is_needed_where_nothing_is_signed() -> None:
    app = NexiosApp()
    app.add_middleware(SessionMiddleware(store=MemoryStore()))

    @app.post("/")
    async def handler(request: Request, response: Response) -> None:
        request.session["a"] = 1

    assert "session" in TestClient(app).post("/").cookies


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"store": "sqlite:///app.db"}, "SessionMiddleware keeps no sessions in str: store=app.store"),
        ({"store": MemoryStore}, "SessionMiddleware keeps no sessions in the class MemoryStore"),
        ({"store": {}}, "SessionMiddleware keeps no sessions in dict"),
        ({"ended_in": "redis://"}, "ended_in is a store that remembers what has ended, not str"),
        ({"ended_in": MemoryStore}, "not the class MemoryStore"),
        ({"store": MemoryStore(), "ended_in": MemoryStore()}, "leave ended_in out"),
    ],
)
def test_what_is_no_store_is_refused_at_once(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        SessionMiddleware(**options)
    assert mend in str(raised.value)


@sources("memory", *SERVED)
@pytest.mark.anyio
async def test_two_requests_that_change_different_keys_at_once_lose_neither() -> None:
    app, inside, go_on = session_app(), [0], anyio.Event()

    @app.post("/together/{key}")
    async def together(request: Request, response: Response, key: str) -> None:
        request.session["basket"]
        inside[0] += 1
        if inside[0] == 20:
            go_on.set()
        with anyio.fail_after(20):
            await go_on.wait()
        if key == "k0":
            request.session["basket"].append("tea")
        elif key == "k1":
            del request.session["old"]
        else:
            request.session[key] = key

    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://testserver.local"
    ) as client:
        await client.post("/keep/old/1")
        await client.post("/keep/basket/empty")
        cookie = client.cookies["session"]

        @app.post("/basket")
        async def basket(request: Request, response: Response) -> None:
            request.session["basket"] = []

        await client.post("/basket")
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(client.post, f"/together/k{number}")
        found = (await client.get("/session", headers={"cookie": f"session={cookie}"})).json()
    assert found == {"basket": ["tea"], **{f"k{number}": f"k{number}" for number in range(2, 20)}}


@sources("memory", *SERVED)
@pytest.mark.anyio
async def test_of_renewals_at_once_one_counts_and_what_the_others_changed_is_kept() -> None:
    app, inside, go_on = session_app(), [0], anyio.Event()

    @app.post("/renew/{key}")
    async def renew(request: Request, response: Response, key: str) -> None:
        request.session[key] = 1
        request.session.renew()
        inside[0] += 1
        if inside[0] == 10:
            go_on.set()
        with anyio.fail_after(20):
            await go_on.wait()

    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        before = (await client.post("/login/ada")).cookies["session"]
        headers, given = {"cookie": f"session={before}"}, list[str]()

        async def ask(key: str) -> None:
            answer = await client.post(f"/renew/{key}", headers=headers)
            assert answer.status_code == 204
            given.extend(filter(None, [answer.cookies.get("session")]))

        async with anyio.create_task_group() as group:
            for number in range(10):
                group.start_soon(ask, f"k{number}")
        client.cookies.clear()
        (alive,) = given
        found = (await client.get("/session", headers={"cookie": f"session={alive}"})).json()
        assert found == {"user": {"id": "ada"}, **{f"k{number}": 1 for number in range(10)}}
        assert (await client.get("/me", headers=headers)).status_code == 401


@sources("memory", *SERVED)
def test_a_logout_and_a_renewal_hold_at_once_in_another_process() -> None:
    here, there = session_app(), session_app()
    client = TestClient(here)
    client.post("/login/ada")
    first = client.cookies["session"]
    assert is_in(there, first)
    client.post("/renew")
    second = client.cookies["session"]
    assert [is_in(there, cookie) for cookie in (first, second)] == [False, True]
    client.post("/logout")
    assert not is_in(there, second)


@stored_only
def test_the_id_opens_nothing_and_stays_over_a_renewal(store: WatchedStore) -> None:
    app = session_app()
    client = TestClient(app)
    client.post("/login/ada")
    before = id_of(app, client.cookies["session"])
    client.post("/renew")
    assert id_of(app, client.cookies["session"]) == before
    assert not is_in(app, before)
    assert kept(app, before) == {}
    client.post("/login/ada")
    assert id_of(app, client.cookies["session"]) != before


@stored_only
def test_a_request_of_another_site_changes_and_prolongs_nothing(store: WatchedStore, clock: Clock) -> None:
    app = session_app(clock=clock)
    client = TestClient(app)
    client.post("/login/ada")
    clock.turn(minutes=5)
    store.take()
    foreign = {"sec-fetch-site": "cross-site"}
    assert_problem(client.post("/keep/a/1", headers=foreign), 403)
    assert_problem(client.post("/logout", headers=foreign), 403)
    assert store.take() == ["find_session"] * 2
    assert_problem(client_of(app).post("/login/ada", headers=foreign), 403)
    assert store.take() == []


@stored_only
def test_what_was_ended_is_over_before_the_answer_begins(store: WatchedStore) -> None:
    app, order = session_app(), list[str]()

    @app.post("/leave")
    async def leave(request: Request, response: Response) -> str:
        logout(request)
        return "bye"

    client = TestClient(app)
    client.post("/login/ada")
    cookie = client.cookies["session"]
    store.take()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            order.append(message["type"])
            assert "end_session" in store.asked
            await send(message)

        await app(scope, receive, sending)

    assert client_of(watched, cookie).post("/leave").text == "bye"
    assert order[0] == "http.response.start"
