"""Two browsers of one person: each sees the other, and can end it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.demo.browsing import call, expect, get_token, log_in

pytestmark = pytest.mark.browser

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def two(open_page: Callable[..., Any]) -> Iterator[tuple[Any, Any]]:
    """Ada's computer and her phone; at the end no session of hers is left."""
    computer, phone = open_page(), open_page(user_agent=IPHONE)
    log_in(phone, "Ada")
    log_in(computer, "Ada")
    yield computer, phone
    computer.request.delete("/sessions")
    computer.request.post("/logout")


def device(page: Any, name: str) -> Any:
    return page.locator("#device-list li").filter(has_text=name)


def test_each_browser_sees_the_other_and_which_one_it_is(two: tuple[Any, Any]) -> None:
    computer, phone = two
    expect(device(computer, "Safari on iPhone")).to_contain_text("127.0.0.1 · seen just now")
    expect(computer.locator("#device-list .tag")).to_have_text("this one")
    expect(computer.locator("#device-list li").first).to_contain_text("this one")
    # By itself, since the phone was there first.
    expect(phone.locator("#device-list li")).to_have_count(2)
    expect(phone.locator("#device-list li").first).to_contain_text("Safari on iPhone this one")
    expect(device(phone, "this one").get_by_role("button")).to_have_count(0)


def test_a_session_that_the_other_browser_ends_gets_401(two: tuple[Any, Any]) -> None:
    computer, phone = two
    get_token(phone)
    expect(call(phone, "Session", "/profile")).to_have_text("200")
    phone.clock.install()  # It looks for nothing by itself.
    device(computer, "Safari on iPhone").get_by_role("button", name="End Safari on iPhone").click()
    expect(computer.locator("#device-list li")).to_have_count(1)
    expect(computer.get_by_role("status")).to_contain_text("Safari on iPhone is logged out")

    phone.get_by_role("button", name="GET /profile with Session: ").click()
    expect(phone.locator("#verdict")).to_contain_text("401 Unauthorized")
    expect(phone.locator("#verdict")).to_contain_text("The session is over")
    expect(phone.locator("#challenge")).to_contain_text("Cookie realm=")
    expect(phone.locator("#who")).to_have_text("Nobody is logged in")
    expect(phone.locator("#login-error")).to_have_text("This session was ended elsewhere: log in again.")
    expect(phone.get_by_role("button", name="GET /profile with Session: answered 401")).to_be_disabled()
    # A token is none of the session's.
    expect(call(phone, "JWT", "/profile")).to_have_text("200")
    expect(computer.locator("#who")).to_have_text("Logged in as Ada")


def test_all_others_are_ended_and_notice_by_themselves(two: tuple[Any, Any]) -> None:
    computer, phone = two
    computer.get_by_role("button", name="End all others").click()
    expect(phone.locator("#login-error")).to_have_text("This session was ended elsewhere: log in again.")
    expect(phone.get_by_label("Password")).to_be_visible()
    expect(computer.get_by_role("button", name="End all others")).to_be_hidden()
    expect(computer.get_by_role("button", name="Log out")).to_be_focused()
    log_in(phone, "Ada")
    expect(computer.locator("#device-list li")).to_have_count(2)


def test_a_second_tab_shares_the_session_and_its_end(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Bob")
    expect(page.locator("#device-list li")).to_have_count(1)
    expect(page.locator("#device-hint")).to_contain_text("you can end it from here")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#who")).to_have_text("Logged in as Bob")
    expect(other.locator("#device-list li")).to_have_count(1)
    other.get_by_role("button", name="Log out").click()
    expect(other.locator("#login-error")).to_be_empty()
    expect(page.locator("#who")).to_have_text("Nobody is logged in")
    expect(page.get_by_role("button", name="GET /profile with Session")).to_be_disabled()
