"""What a session keeps: a mapping of texts to JSON values, in a cookie that is set when there is one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.http import WebSocket
from nexios.session import Session, SessionMiddleware
from tests.parts import SECRET
from tests.session.apps import after, app_doing, kept, kept_in, session_app
from tests.session.sources import signed_only

# What JSON can say, with numbers that every reader of it reads alike.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), VALUES, max_size=5))
def test_what_was_stored_comes_back(data: dict[str, Any]) -> None:
    seen: list[Any] = []
    client = TestClient(app_doing(lambda session: session.update(data) if not seen else None))
    client.post("/act")
    app: Any = client.app

    @app.get("/compare")
    async def compare(request: Request, response: Response) -> None:
        seen.append(dict(request.session))

    assert client.get("/compare").status_code == 204
    assert seen == [data]
    assert {key: type(value) for key, value in seen[0].items()} == {key: type(data[key]) for key in data}


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=3), VALUES)
def test_any_change_is_kept_and_no_change_sets_no_cookie(data: dict[str, Any], value: Any) -> None:
    data = {name: inner for name, inner in data.items() if name.isprintable()} | {"list": []}
    state: dict[str, Any] = {"do": lambda session: session.update(data)}
    client = TestClient(app_doing(lambda session: state["do"](session)))
    client.post("/act")
    state["do"] = lambda session: [session[name] for name in session] and None
    assert "set-cookie" not in client.post("/act").headers
    state["do"] = lambda session: session["list"].append(value)
    answer = client.post("/act")
    # What is in a store changes there; the cookie need not.
    assert ("set-cookie" in answer.headers) is ("store" not in kept_in)
    assert client.get("/session").json()["list"] == [json.loads(json.dumps(value))]


CHANGES: dict[str, tuple[Any, Any]] = {
    "set": (lambda s: s.__setitem__("c", 3), {"a": {"n": [1]}, "b": "x", "c": 3}),
    "replace": (lambda s: s.__setitem__("b", "y"), {"a": {"n": [1]}, "b": "y"}),
    "delete": (lambda s: s.__delitem__("b"), {"a": {"n": [1]}}),
    "pop": (lambda s: s.pop("b"), {"a": {"n": [1]}}),
    "popitem": (lambda s: s.popitem() and None, None),
    "update": (lambda s: s.update(b="z", d=None), {"a": {"n": [1]}, "b": "z", "d": None}),
    "setdefault": (lambda s: s.setdefault("e", []).append(5), {"a": {"n": [1]}, "b": "x", "e": [5]}),
    "clear": (lambda s: s.clear(), {}),
    "nested list": (lambda s: s["a"]["n"].append(2), {"a": {"n": [1, 2]}, "b": "x"}),
    "nested dict": (lambda s: s["a"].update(m=1), {"a": {"n": [1], "m": 1}, "b": "x"}),
    "nested by get": (lambda s: s.get("a").clear(), {"a": {}, "b": "x"}),
    "nested by values": (lambda s: next(iter(s.values())).clear(), {"a": {}, "b": "x"}),
    "nested by items": (lambda s: dict(s.items())["a"]["n"].clear(), {"a": {"n": []}, "b": "x"}),
    "nested by dict": (lambda s: dict(s)["a"]["n"].clear(), {"a": {"n": []}, "b": "x"}),
    "nested in place of itself": (
        lambda s: s.__setitem__("a", s["a"] | {"k": 1}),
        {"a": {"n": [1], "k": 1}, "b": "x"},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_kept(name: str) -> None:
    act, expected = CHANGES[name]
    found = after(lambda s: s.update(a={"n": [1]}, b="x"), lambda s: act(s) and None)
    if expected is None:
        assert len(found) == 1
    else:
        assert found == expected


def test_a_session_is_a_mapping() -> None:
    def act(session: Session) -> None:
        assert len(session) == 0
        assert not session
        session["a"] = 1
        assert ("a" in session, "b" in session, list(session), session.get("b", 7)) == (True, False, ["a"], 7)
        assert session == {"a": 1}
        with pytest.raises(KeyError):
            session["b"]
        with pytest.raises(KeyError):
            del session["b"]

    assert after(act) == {"a": 1}


def test_its_repr_shows_no_data() -> None:
    def act(session: Session) -> None:
        assert repr(session) == "<Session unread>"
        session["token"] = "hunter2"
        assert repr(session) == "<Session of 1 keys>"

    after(act)


def test_a_tuple_comes_back_as_a_list() -> None:
    assert after(lambda s: s.__setitem__("a", (1, (2,)))) == {"a": [1, [2]]}


@pytest.mark.parametrize(
    "act",
    [
        lambda s: None,
        lambda s: s.get("a"),
        lambda s: len(s) and None,
        lambda s: s.clear(),
        lambda s: s.pop("a", None),
    ],
    ids=["nothing", "get", "len", "clear", "pop"],
)
def test_no_cookie_is_set_until_something_is_stored(act: Any) -> None:
    answer = TestClient(app_doing(act)).post("/act")
    assert "set-cookie" not in answer.headers


def test_an_empty_value_is_something() -> None:
    assert after(lambda s: s.__setitem__("", None)) == {"": None}


def test_a_session_that_was_only_read_sets_no_cookie_again() -> None:
    client = TestClient(session_app())
    client.post("/keep/a/1")
    for path in ("/session", "/untouched", "/me"):
        assert "set-cookie" not in client.get(path).headers
    assert "set-cookie" not in client.post("/keep/a/1").headers


def test_an_answer_that_depends_on_the_session_says_so_to_caches() -> None:
    client = TestClient(session_app())
    assert client.get("/untouched").headers.get("vary") is None
    assert client.get("/session").headers["vary"] == "cookie"
    assert client.post("/keep/a/1").headers["vary"] == "cookie"


@signed_only
def test_the_data_of_a_cookie_can_be_read_but_not_written_by_its_client() -> None:
    app = session_app()
    client = TestClient(app)
    client.post("/keep/a/1")
    body, *rest = client.cookies["session"].split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert payload["data"] == {"a": "1"}
    payload["data"] = {"a": "2"}
    forged = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    assert kept(app, ".".join([forged, *rest])) == {}


def test_a_session_changed_before_a_websocket_is_accepted_is_kept() -> None:
    app = session_app()

    @app.websocket_route("/socket")
    async def socket(websocket: WebSocket) -> None:
        websocket.session["seen"] = websocket.session.get("seen", 0) + 1
        await websocket.accept()
        await websocket.send_json(dict(websocket.session))
        await websocket.close()

    client = TestClient(app)
    with client.websocket_connect("/socket") as websocket:
        assert websocket.receive_json() == {"seen": 1}
        cookie = dict(websocket.extra_headers or ())[b"set-cookie"].decode()
    value = cookie.partition(";")[0].partition("=")[2]
    assert kept(app, value) == {"seen": 1}


def test_two_session_layers_with_their_own_cookies_do_not_mix() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware(cookie_name="outer"))
    app.add_middleware(SessionMiddleware(cookie_name="inner"))

    @app.post("/")
    async def handler(request: Request, response: Response) -> None:
        request.session["a"] = 1

    client = TestClient(app)
    client.post("/")
    assert set(client.cookies) == {"inner"}
