"""How long a session lives, by a clock that the tests turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.parts import Clock
from tests.session.apps import is_in, session_app
from tests.session.sources import every_source

pytestmark = every_source


def logged_in(clock: Clock, **options: Any) -> tuple[Any, TestClient]:
    app = session_app(clock=clock, **options)
    client = TestClient(app)
    client.post("/login/ada")
    return app, client


def max_age(answer: Any) -> int:
    attributes = dict(part.partition("=")[::2] for part in answer.headers["set-cookie"].split("; "))
    return int(attributes["Max-Age"])


@pytest.mark.parametrize(
    ("age", "alive"),
    [
        ({"days": 13, "hours": 23}, True),
        ({"days": 14}, True),
        ({"days": 14, "seconds": 2}, False),
        ({"days": 400}, False),
    ],
)
def test_a_session_lives_for_its_max_age(clock: Clock, age: dict[str, float], alive: bool) -> None:
    app, client = logged_in(clock)
    cookie = client.cookies["session"]
    clock.turn(**age)
    assert is_in(app, cookie) is alive


def test_changes_do_not_make_it_live_longer(clock: Clock) -> None:
    app, client = logged_in(clock, max_age=timedelta(hours=2))
    clock.turn(hours=1)
    client.post("/keep/a/1")
    cookie = client.cookies["session"]
    clock.turn(minutes=59)
    assert is_in(app, cookie)
    clock.turn(minutes=2)
    assert not is_in(app, cookie)


def test_a_renewal_does_not_make_it_live_longer(clock: Clock) -> None:
    app, client = logged_in(clock, max_age=timedelta(hours=2))
    clock.turn(hours=1)
    answer = client.post("/renew")
    assert max_age(answer) == 3600
    clock.turn(hours=1, seconds=2)
    assert not is_in(app, answer.cookies["session"])


def test_a_login_begins_a_full_life(clock: Clock) -> None:
    app, client = logged_in(clock, max_age=timedelta(hours=2))
    clock.turn(hours=1)
    answer = client.post("/login/ada")
    assert max_age(answer) == 7200
    clock.turn(hours=1, minutes=30)
    assert is_in(app, answer.cookies["session"])


@pytest.mark.parametrize(("seconds", "alive"), [(599, True), (602, False)])
def test_an_idle_session_is_over(clock: Clock, seconds: int, alive: bool) -> None:
    app, client = logged_in(clock, idle_timeout=timedelta(minutes=10))
    clock.turn(seconds=seconds)
    assert is_in(app, client.cookies["session"]) is alive


def test_use_keeps_an_idle_session_alive_until_its_max_age(clock: Clock) -> None:
    _, client = logged_in(clock, idle_timeout=timedelta(minutes=10), max_age=timedelta(hours=1))
    for _ in range(6):
        clock.turn(minutes=9)
        assert client.get("/me").status_code == 200
    clock.turn(minutes=9)
    assert client.get("/me").status_code == 401


def test_a_short_idle_timeout_is_counted_anew_in_time(clock: Clock) -> None:
    _, client = logged_in(clock, idle_timeout=timedelta(seconds=8))
    for _ in range(5):
        clock.turn(seconds=2)
        assert client.get("/me").status_code == 200
    clock.turn(seconds=10)
    assert client.get("/me").status_code == 401


def test_a_request_that_does_not_look_at_the_session_does_not_keep_it_alive(clock: Clock) -> None:
    app = session_app(clock=clock, idle_timeout=timedelta(minutes=10))

    client = TestClient(app)
    client.post("/keep/a/1")
    clock.turn(minutes=5)
    assert "set-cookie" not in client.get("/nowhere-at-all", headers={"cookie": "other=1"}).headers


def test_a_dead_session_is_told_to_be_forgotten_and_a_new_one_may_begin(clock: Clock) -> None:
    app, client = logged_in(clock, max_age=timedelta(hours=1))
    client.post("/keep/a/1")
    cookie = {"cookie": f"session={client.cookies['session']}"}
    clock.turn(hours=2)
    fresh = TestClient(app)
    assert max_age(fresh.get("/session", headers=cookie)) == 0
    assert fresh.get("/session", headers=cookie).json() == {}
    answer = fresh.post("/keep/b/2", headers=cookie)
    assert max_age(answer) == 3600
    assert fresh.get("/session").json() == {"b": "2"}


def test_a_logout_is_remembered_as_long_as_its_cookie_would_have_lived(clock: Clock) -> None:
    app, client = logged_in(clock, max_age=timedelta(hours=1))
    cookie = client.cookies["session"]
    clock.turn(minutes=30)
    client.post("/logout")
    for _ in range(4):
        assert not is_in(app, cookie)
        clock.turn(minutes=10)
