"""Staying logged in, as a person sees it: a phone refreshes, and a thief with its token ends the login."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.browsing import expect, log_in

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    page = open_page()
    expect(page.get_by_role("button", name="Connect a phone")).to_be_disabled()
    log_in(page, "Ada")
    page.get_by_role("button", name="Connect a phone").click()
    expect(told(page)).to_contain_text("201 POST /phones The phone is logged in")
    return page


def told(page: Any) -> Any:
    """The last thing that happened."""
    return page.locator("#phone-story li").last


def press(page: Any, name: str, happens: str) -> None:
    page.get_by_role("button", name=name).click()
    expect(told(page)).to_contain_text(re.compile(happens))


def test_a_phone_refreshes_and_goes_on(page: Any) -> None:
    press(page, "Call /profile from the phone", "200 GET /profile The phone gets in")
    expect(page.locator("#phone-left")).to_contain_text("left")
    before = page.locator("#phone-refresh").inner_text()
    press(page, "Refresh from the phone", "200 POST /oauth/token The phone gets the next two")
    expect(page.locator("#phone-refresh")).not_to_have_text(before)
    press(page, "Call /profile from the phone", "200 GET /profile The phone gets in")


def test_a_thief_who_is_first_is_found_out_by_the_phone(page: Any) -> None:
    expect(page.get_by_role("button", name="Refresh as the thief")).to_be_disabled()
    press(page, "Copy the refresh token", "has copied the refresh token")
    press(page, "Refresh as the thief", "200 POST /oauth/token The thief gets the next two")
    press(page, "Call /profile as the thief", "200 GET /profile The thief gets in")
    press(page, "Refresh from the phone", "400 POST /oauth/token The phone gets invalid_grant")
    press(page, "Call /profile as the thief", "401 GET /profile The thief does not get in")
    press(page, "Refresh as the thief", "400 POST /oauth/token The thief gets invalid_grant")
    # The owner logs in again, and the thief has nothing.
    page.get_by_role("button", name="Connect a phone").click()
    press(page, "Call /profile from the phone", "200 GET /profile The phone gets in")
    expect(page.get_by_role("button", name="Call /profile as the thief")).to_be_disabled()


def test_a_thief_who_is_late_gets_nothing_and_ends_the_login(page: Any) -> None:
    press(page, "Copy the refresh token", "has copied the refresh token")
    press(page, "Refresh from the phone", "200 POST /oauth/token The phone gets the next two")
    press(page, "Refresh as the thief", "400 POST /oauth/token The thief gets invalid_grant")
    press(page, "Call /profile from the phone", "401 GET /profile The phone does not get in")
