"""What a session cannot keep is refused, and what it held before stays."""

from __future__ import annotations

import datetime
import decimal
import enum
import math
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from nexios.exceptions import SessionDataError
from nexios.session import Session
from tests.parts import assert_problem
from tests.session.apps import after, app_doing
from tests.session.sources import signed_only


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
        with pytest.raises(SessionDataError, match="session keys must be text"):
            session[key] = 1

    assert after(act) == {}


@signed_only
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
@signed_only
def test_a_cookie_is_never_larger_than_a_browser_keeps(size: int) -> None:
    answer = TestClient(app_doing(lambda s: s.__setitem__("a", "x" * size))).post("/act")
    if answer.status_code == 204:
        assert len(answer.headers["set-cookie"]) <= 4096
    else:
        assert_problem(answer, 500)
