"""How long a signed cookie lives in the browser: as long as the session would without another use."""

from __future__ import annotations

from datetime import timedelta

from tests.parts import Clock
from tests.session.sources import cookies_only
from tests.session.test_lifetime import logged_in, max_age

pytestmark = cookies_only


def test_a_cookie_is_signed_anew_only_after_some_time(clock: Clock) -> None:
    _, client = logged_in(clock, idle_timeout=timedelta(minutes=10))
    clock.turn(seconds=59)
    assert "set-cookie" not in client.get("/me").headers
    clock.turn(seconds=1)
    answer = client.get("/me")
    assert max_age(answer) == 600
    assert "set-cookie" not in client.get("/me").headers


def test_the_browser_is_told_to_forget_it_when_it_ends(clock: Clock) -> None:
    _, client = logged_in(clock, max_age=timedelta(hours=2), idle_timeout=timedelta(hours=1))
    clock.turn(minutes=30)
    assert max_age(client.post("/keep/a/1")) == 3600
    clock.turn(minutes=59)
    # Half an hour and a minute of its two hours are left: less than the idle timeout.
    assert max_age(client.post("/keep/b/1")) == 31 * 60


def test_the_first_cookie_lives_as_long_as_the_idle_timeout(clock: Clock) -> None:
    _, client = logged_in(clock, idle_timeout=timedelta(minutes=10))
    assert max_age(client.post("/renew")) == 600
