"""What a session keeps: a mapping of texts to JSON values, in a cookie that is set when there is one."""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import json
import math
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.exceptions import SessionDataError
from nexios.http import WebSocket
from nexios.session import Session, SessionMiddleware
from tests.parts import SECRET, assert_problem
from tests.session.apps import kept, session_app


def app_doing(act: Any) -> NexiosApp:
    """An application that does something to the session and then shows it."""
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())

    @app.post("/act")
    async def handler(request: Request, response: Response) -> Any:
        found = act(request.session)
        return None if isinstance(found, Session) else found

    @app.get("/session")
    async def show(request: Request, response: Response) -> dict[str, Any]:
        return dict(request.session)

    return app


def after(*acts: Any) -> Any:
    """What a session holds after one request for each of `acts`."""
    current: list[Any] = []
    client = TestClient(app_doing(lambda session: current[0](session)))
    for act in acts:
        current[:] = [act]
        assert client.post("/act").status_code in (200, 204)
    return client.get("/session").json()


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
    assert [type(value) for value in seen[0].values()] == [type(value) for value in data.values()]


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=3), VALUES)
def test_any_change_is_kept_and_no_change_sets_no_cookie(data: dict[str, Any], value: Any) -> None:
    data = {name: inner for name, inner in data.items() if name.isprintable()} | {"list": []}
    state: dict[str, Any] = {"do": lambda session: session.update(data)}
    client = TestClient(app_doing(lambda session: state["do"](session)))
    client.post("/act")
    state["do"] = lambda session: [session[name] for name in session] and None
    assert "set-cookie" not in client.post("/act").headers
    state["do"] = lambda session: session["list"].append(value)
    assert "set-cookie" in client.post("/act").headers
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


class Colour(enum.IntEnum):
    RED = 1


class Name(str):
    pass


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def endless() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


UNFIT: dict[str, tuple[Any, str]] = {
    "object": (object(), "holds a object, which has no JSON form"),
    "bytes": (b"x", "holds a bytes, which has no JSON form"),
    "set": ({1}, "holds a set, which has no JSON form"),
    "date": (datetime.date(2026, 7, 1), "holds a date, which has no JSON form"),
    "datetime": (datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC), "holds a datetime"),
    "decimal": (decimal.Decimal(1), "holds a Decimal"),
    "enum": (Colour.RED, "holds a Colour"),
    "text of another class": (Name("x"), "holds a Name"),
    "dict of another class": (OrderedDict(a=1), "holds a OrderedDict"),
    "NaN": (math.nan, "holds the number nan"),
    "infinity": (math.inf, "holds the number inf"),
    "half a letter": ("\ud800", "holds a str with half a surrogate pair"),
    "number as a key": ({1: 2}, "holds a dict"),
    "half a letter as a key": ({"\ud800": 2}, "holds a dict"),
    "inside": ({"a": [{"b": {3}}]}, "holds a set"),
    "too deep": (nested(150), "is nested more than 100 levels deep: store less"),
    "endless": (endless(), "is nested more than 100 levels deep: store less"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_has_no_json_form_is_refused_where_it_is_stored(name: str) -> None:
    value, message = UNFIT[name]

    def act(session: Session) -> None:
        with pytest.raises(SessionDataError) as raised:
            session["place"] = value
        assert str(raised.value).startswith("session['place'] ")
        assert message in str(raised.value)
        session["other"] = 1

    assert after(act) == {"other": 1}


@pytest.mark.parametrize("name", UNFIT)
def test_what_has_no_json_form_inside_a_stored_value_is_a_500_and_nothing_is_kept(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    value, message = UNFIT[name]
    state: dict[str, Any] = {"do": lambda s: s.__setitem__("list", [])}
    client = TestClient(app_doing(lambda s: state["do"](s)))
    client.post("/act")
    state["do"] = lambda s: s["list"].append(value)
    answer = client.post("/act")
    assert_problem(answer, 500, "The server could not answer the request.")
    assert "set-cookie" not in answer.headers
    assert f"SessionDataError: session['list'] {message}" in caplog.text
    assert client.get("/session").json() == {"list": []}


@pytest.mark.parametrize("nested", [False, True], ids=["value", "nested"])
def test_a_number_of_too_many_digits_is_a_500_and_nothing_is_kept(nested: bool) -> None:
    state: dict[str, Any] = {"do": lambda s: s.__setitem__("a", [10**400])}
    client = TestClient(app_doing(lambda s: state["do"](s)))
    client.post("/act")
    state["do"] = lambda s: s["a"].append(10**5000) if nested else s.__setitem__("b", 10**5000)
    answer = client.post("/act")
    assert_problem(answer, 500)
    assert "set-cookie" not in answer.headers
    assert client.get("/session").json() == {"a": [10**400]}


@pytest.mark.parametrize("key", [1, None, b"a", ("a",), "\ud800"], ids=repr)
def test_a_key_is_text(key: Any) -> None:
    def act(session: Session) -> None:
        with pytest.raises(SessionDataError, match="session keys are text"):
            session[key] = 1

    assert after(act) == {}


def test_more_than_a_cookie_holds_is_a_500_and_nothing_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    state: dict[str, Any] = {"size": 2000}
    client = TestClient(app_doing(lambda s: s.__setitem__("a", "x" * state["size"])))
    assert client.post("/act").status_code == 204
    before = client.cookies["session"]
    state["size"] = 4000
    answer = client.post("/act")
    assert_problem(answer, 500, "The server could not answer the request.")
    assert "set-cookie" not in answer.headers
    assert client.cookies["session"] == before
    assert "as a cookie, where browsers keep 4096 with name and attributes: store less in it" in caplog.text


@given(st.integers(0, 3500))
def test_a_cookie_is_never_larger_than_a_browser_keeps(size: int) -> None:
    answer = TestClient(app_doing(lambda s: s.__setitem__("a", "x" * size))).post("/act")
    if answer.status_code == 204:
        assert len(answer.headers["set-cookie"]) <= 4096
    else:
        assert_problem(answer, 500)


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
