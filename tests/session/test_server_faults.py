"""A store that is down: nobody gets in, and nothing is acknowledged that is not kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from nexios import NexiosApp, Request, Response
from nexios.auth.backends.session import login, logout
from nexios.exceptions import StoreUnavailable
from nexios.http import WebSocket
from tests.parts import Clock, Person, assert_problem
from tests.session.apps import client_of, is_in, kept, kept_in, session_app
from tests.session.sources import stored_only
from tests.session.watching import WatchedStore

pytestmark = stored_only

ERRORS = {
    "unavailable": StoreUnavailable("the store does not answer"),
    "a mistake of the store's": RuntimeError("hunter2"),
    "a wrong type": TypeError("hunter2"),
}
UNREADABLE = "The session is not available at the moment."
UNKEPT = "The server cannot answer the request at the moment."


@pytest.fixture
def store(source: str, monkeypatch: pytest.MonkeyPatch) -> WatchedStore:
    store = WatchedStore()
    monkeypatch.setitem(kept_in, "store", store)
    return store


@pytest.fixture
def client(store: WatchedStore) -> TestClient:
    """Somebody who is logged in, while the store still answers."""
    client = TestClient(session_app())
    client.post("/login/ada")
    client.post("/keep/a/1")
    return client


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS.keys())
def test_what_does_not_touch_the_session_goes_on_and_all_else_is_a_503(
    store: WatchedStore, client: TestClient, error: Exception
) -> None:
    store.down, store.error = {"*"}, error
    answer = client.get("/untouched")
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers
    assert_problem(client.get("/me"), 503)
    for method, path in [("GET", "/session"), ("POST", "/keep/a/2"), ("POST", "/logout"), ("POST", "/renew")]:
        answer = client.request(method, path)
        assert_problem(answer, 503, UNREADABLE)
        assert "set-cookie" not in answer.headers
        assert "hunter2" not in answer.text
    store.down = set()
    assert client.get("/me").status_code == 200
    assert client.get("/session").json() == {"user": {"id": "ada"}, "a": "1"}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS.keys())
@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("change_session", "/keep/a/2"),
        ("change_session", "/renew"),
        ("end_session", "/logout"),
        ("end_session", "/login/bob"),
        ("add_session", "/login/ada"),
    ],
)
def test_what_cannot_be_kept_is_a_503_in_place_of_the_answer(
    store: WatchedStore, client: TestClient, call: str, path: str, error: Exception
) -> None:
    store.down, store.error = {call}, error
    answer = client.post(path)
    assert_problem(answer, 503, UNKEPT)
    assert "set-cookie" not in answer.headers
    assert "ada" not in answer.text
    store.down = set()
    if call != "add_session":  # the login had ended the old one by then
        assert client.get("/session").json() == {"user": {"id": "ada"}, "a": "1"}


def test_a_stranger_cannot_begin_a_session_that_is_not_kept(store: WatchedStore) -> None:
    client = TestClient(session_app())
    store.down = {"*"}
    assert_problem(client.post("/login/ada"), 503, UNKEPT)
    assert "session" not in client.cookies
    assert client.get("/me").status_code == 401


def test_a_use_that_cannot_be_noted_costs_no_answer(store: WatchedStore, clock: Clock) -> None:
    client = TestClient(session_app(clock=clock, idle_timeout=timedelta(minutes=10)))
    client.post("/login/ada")
    clock.turn(minutes=5)
    store.down = {"touch_session"}
    assert client.get("/me").status_code == 200


def test_the_log_says_what_is_wrong_and_no_secret(
    store: WatchedStore, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    store.down = {"*"}
    client.get("/session")
    store.down = {"change_session"}
    client.post("/keep/a/2")
    assert "the session cannot be read: what needs it answers 503 (the store does not answer)" in caplog.text
    assert "cannot be kept: the request answers 503 (the store does not answer)" in caplog.text
    assert client.cookies["session"] not in caplog.text


def raising(app: NexiosApp, act: Any) -> None:
    @app.post("/raise")
    async def handler(request: Request, response: Response) -> None:
        act(request)
        raise RuntimeError("after that")


def test_a_session_is_over_also_where_the_handler_raises_after_the_logout(store: WatchedStore) -> None:
    app = session_app()
    raising(app, logout)
    client = TestClient(app)
    client.post("/login/ada")
    cookie = client.cookies["session"]
    answer = client.post("/raise")
    assert_problem(answer, 500)
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert not is_in(app, cookie)


def test_a_logout_holds_where_a_middleware_fails_outside_of_the_routes(store: WatchedStore) -> None:
    app = session_app()

    def broken(inner: Any) -> Any:
        async def layer(scope: Any, receive: Any, send: Any) -> None:
            await inner(scope, receive, _unsent)
            if scope["path"] == "/logout":
                raise RuntimeError("after that")

        async def _unsent(message: Any) -> None: ...

        return layer

    app.add_middleware(broken)
    client = TestClient(session_app())
    client.post("/login/ada")
    cookie = client.cookies["session"]
    assert client_of(app, cookie, raise_server_exceptions=False).post("/logout").status_code == 500
    assert not is_in(session_app(), cookie)


def test_what_cannot_be_kept_does_not_keep_the_logout_from_being_kept(store: WatchedStore) -> None:
    app = session_app()

    @app.post("/out-and-store")
    async def handler(request: Request, response: Response) -> None:
        logout(request)
        request.session["list"] = []
        request.session["list"].append(object())

    client = TestClient(app)
    client.post("/login/ada")
    cookie = client.cookies["session"]
    assert_problem(client.post("/out-and-store"), 500)
    assert not is_in(app, cookie)


def socket_app() -> NexiosApp:
    app = session_app()

    @app.websocket_route("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        async for word in websocket.iter_text():
            if word == "logout":
                logout(websocket)
            elif word == "renew":
                websocket.session.renew()
            elif word == "login":
                login(websocket, Person("bob"))
            elif word == "raise":
                raise RuntimeError("after that")
            else:
                websocket.session["word"] = word
            await websocket.send_text(websocket.user.identity)

    @app.websocket_route("/before")
    async def before(websocket: WebSocket) -> None:
        websocket.session["before"] = 1
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.receive_text()

    return app


def test_a_logout_in_an_open_websocket_holds_at_once(store: WatchedStore) -> None:
    app = socket_app()
    client = TestClient(app)
    client.post("/login/ada")
    cookie = client.cookies["session"]
    with client.websocket_connect("/socket") as websocket:
        websocket.send_text("logout")
        assert websocket.receive_text() == ""
        assert not is_in(app, cookie)


@pytest.mark.parametrize("ends", ["", "raise"])
def test_what_a_websocket_changes_is_kept_when_it_ends(store: WatchedStore, ends: str) -> None:
    app = socket_app()
    client = TestClient(app)
    client.post("/login/ada")
    try:
        with client.websocket_connect("/socket") as websocket:
            for word in ("one", "two"):
                websocket.send_text(word)
                websocket.receive_text()
            if ends:
                websocket.send_text(ends)
    except RuntimeError:
        assert ends
    assert client.get("/session").json() == {"user": {"id": "ada"}, "word": "two"}


@pytest.mark.parametrize("word", ["renew", "login"])
def test_a_new_secret_that_cannot_reach_the_client_leaves_no_session_behind(
    store: WatchedStore, word: str
) -> None:
    app = socket_app()
    client = TestClient(app)
    client.post("/login/ada")
    with client.websocket_connect("/socket") as websocket:
        websocket.send_text(word)
        websocket.receive_text()
    assert client.get("/me").status_code == 401
    assert store._sessions == {}


@pytest.mark.parametrize("denials", [True, False])
def test_a_handshake_whose_session_cannot_be_kept_is_refused(store: WatchedStore, denials: bool) -> None:
    from tests.attacks.asking import knock

    app = socket_app()
    store.down = {"add_session"}
    if denials:
        with pytest.raises(WebSocketDenialResponse) as refused, TestClient(app).websocket_connect("/before"):
            pass
        assert_problem(refused.value, 503, UNKEPT)
    else:
        (closed,) = knock(app, "/before", denials=False)
        assert (closed["type"], closed["code"]) == ("websocket.close", 1013)


def test_what_changes_while_an_answer_streams_is_kept(store: WatchedStore) -> None:
    from starlette.responses import StreamingResponse

    app = session_app()

    @app.post("/stream")
    async def stream(request: Request, response: Response) -> StreamingResponse:
        async def parts() -> Any:
            yield "a"
            request.session["streamed"] = True
            yield "b"

        return StreamingResponse(parts())

    client = TestClient(app)
    client.post("/keep/a/1")
    assert client.post("/stream").text == "ab"
    assert kept(app, client.cookies["session"]) == {"a": "1", "streamed": True}
    # One that begins then can reach nobody, and is not kept.
    before = dict(store._sessions)
    assert TestClient(app).post("/stream").text == "ab"
    assert store._sessions == before
