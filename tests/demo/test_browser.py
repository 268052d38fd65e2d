"""The demo in a real browser, used by a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.demo.browsing import (
    ADA,
    BOB,
    PATHS,
    ROWS,
    call,
    call_all,
    expect,
    get_token,
    log_in,
    make_key,
    tab_to,
)

pytestmark = pytest.mark.browser


def test_a_person_does_everything_by_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page()
    tab_to(page, page.locator("#username"))
    page.keyboard.type("bob")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type("builder-of-bridges")
    page.keyboard.press("Enter")
    expect(page.locator("#who")).to_have_text("Logged in as Bob")
    expect(page.locator("#session-data")).to_contain_text('"user": { "id": "2" }')

    tab_to(page, page.get_by_role("button", name="Get a token"))
    page.keyboard.press("Enter")
    expect(page.locator("#token-payload")).to_contain_text('"name": "Bob"')

    tab_to(page, page.get_by_role("button", name="Make a key"))
    page.keyboard.press("Space")
    expect(page.locator("#key-text")).to_have_text(re.compile(r"^key_\w{40,}$"))

    for row in ROWS:
        for path, status in zip(PATHS, BOB[row], strict=True):
            button = page.get_by_role("button", name=f"GET {path} with {row}: ")
            tab_to(page, button)
            page.keyboard.press("Enter")
            expect(button).to_have_text(status)
            expect(page.get_by_role("status")).to_have_text(re.compile(f"GET {path} with {row}: {status} "))
            expect(page.locator("#request")).to_contain_text(f"GET {path} HTTP/1.1")
            expect(button).to_be_focused()

    page.keyboard.press("Home")
    page.get_by_role("link", name="Skip to the calls").focus()
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Call all"))


def test_each_call_shows_request_answer_challenge_and_code(open_page: Callable[..., Any]) -> None:
    page = open_page()
    call(page, "No credential", "/profile")
    expect(page.locator("#verdict")).to_contain_text("401 Unauthorized")
    expect(page.locator("#request")).to_contain_text("GET /profile HTTP/1.1\nHost: 127.0.0.1:")
    expect(page.locator("#request")).not_to_contain_text("Authorization")
    expect(page.locator("#answer-head")).to_contain_text("HTTP/1.1 401 Unauthorized")
    for scheme in ("Cookie", "Bearer", "ApiKey"):
        expect(page.locator("#challenge")).to_contain_text(f'{scheme} realm="nexios-demo"')
    expect(page.locator("#answer-body")).to_contain_text('"detail": "Authentication is required."')
    expect(page.locator("#source .guards")).to_have_text("@auth()\n")
    expect(page.locator("#source")).to_contain_text("async def profile(")

    log_in(page, "Bob")
    get_token(page)
    call(page, "Tampered JWT", "/admin")
    expect(page.locator("#challenge mark")).to_have_text('error="invalid_token"')
    expect(page.locator("#verdict")).to_contain_text("from Bob (id 2) to Ada (id 1)")
    expect(page.locator("#says mark")).to_have_text(['"1"', '"Ada"'])
    expect(page.locator("#source .guards")).to_have_text('@has_permission("admin")\n')
    call(page, "JWT", "/admin")
    expect(page.locator("#verdict")).to_contain_text("403 Forbidden")
    expect(page.locator("#challenge")).to_have_text("none")
    call(page, "JWT", "/api/data")
    expect(page.locator("#verdict")).to_contain_text("This route takes API keys alone")
    call(page, "JWT", "/profile")
    expect(page.locator("#verdict")).to_contain_text("Bob gets in by the JWT.")
    expect(page.locator("#answer-body")).to_contain_text('"message": "Welcome back, Bob!"')


def test_all_calls_at_once(open_page: Callable[..., Any]) -> None:
    page = open_page()
    assert call_all(page) == {row: ["401"] * 3 if row == "No credential" else ["–"] * 3 for row in ROWS}  # noqa: RUF001
    log_in(page, "Ada")
    get_token(page)
    make_key(page)
    assert call_all(page) == ADA
    expect(page.get_by_role("status")).to_have_text("18 calls: 7 let in, 11 refused")


def test_a_token_is_shown_in_three_parts_and_runs_out(open_page: Callable[..., Any]) -> None:
    page = open_page(clock=True)
    log_in(page, "Bob")
    page.locator("#token-form").get_by_label("Good for").select_option("15 seconds")
    get_token(page)
    parts = page.locator("#token-text span").all_inner_texts()
    assert page.locator("#token-text").inner_text() == ".".join(parts)
    assert len(parts) == 3
    colours = page.locator("#token-text span").evaluate_all(
        "parts => parts.map(part => getComputedStyle(part).color)"
    )
    assert len(set(colours)) == 3
    expect(page.locator("#expiry")).to_have_text(re.compile(r"Expires in 0:1\d"))
    call(page, "JWT", "/profile")
    page.clock.fast_forward(8_000)
    expect(page.locator("#expiry")).to_have_text(re.compile(r"Expires in 0:0\d"))
    page.clock.fast_forward(8_000)
    expect(page.locator("#expiry")).to_have_text("Expired: it opens nothing any more")
    expect(page.locator("#note-jwt")).to_have_text("Bob, expired")
    expect(page.get_by_role("button", name="GET /profile with JWT: call")).to_have_text("Call")


def test_a_reload_forgets_token_and_key_but_not_the_session(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Ada")
    get_token(page)
    key = make_key(page)
    page.reload()
    expect(page.locator("#who")).to_have_text("Logged in as Ada")
    expect(page.locator("#key-list")).to_contain_text(f"key_…{key[-4:]}")
    expect(page.locator("#token")).to_be_hidden()
    assert key not in page.content()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_a_token_still_opens_after_the_logout_and_the_session_does_not(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Bob")
    get_token(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#who")).to_have_text("Nobody is logged in")
    expect(page.locator("#login").get_by_label("Name")).to_be_focused()
    expect(page.get_by_role("button", name="Get a token")).to_be_disabled()
    expect(page.get_by_role("button", name="GET /profile with Session: call")).to_be_disabled()
    expect(call(page, "JWT", "/profile")).to_have_text("200")


def test_a_wrong_password_is_said(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.locator("#login").get_by_label("Name").fill("bob")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#login-error")).to_have_text("The name or the password is wrong.")
    expect(page.locator("#login-error")).to_have_role("alert")
    log_in(page, "Bob")


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("/profile", "/profile"),
        ("//evil.example", "/login"),
        ("https://evil.example", "/login"),
        ("javascript:x", "/login"),
    ],
)
def test_http_08_a_login_follows_a_local_path_only(
    open_page: Callable[..., Any], url: str, wanted: str, there: str
) -> None:
    page = open_page(f"/login?next={wanted}")
    page.locator(".hint[data-username=bob]").click()
    page.get_by_role("button", name="Log in").click()
    if there == "/login":
        expect(page.locator("#session")).to_be_focused()
    else:
        page.wait_for_url(url + there)
    assert urlsplit(page.url)[1:3] == (urlsplit(url).netloc, there)
