"""API keys on the page: made, narrowed, rotated and revoked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.browsing import call, expect, log_in, make_key, new_key

pytestmark = pytest.mark.browser


def in_list(page: Any, key: str) -> Any:
    return page.locator("#key-list li").filter(has_text=f"key_…{key[-4:]}")


def test_a_key_is_shown_once_with_the_hash_that_is_kept(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Ada")
    key = make_key(page, name="backup")
    expect(page.locator("#key-hash")).to_have_text(hashlib.sha256(key.encode()).hexdigest())
    expect(page.locator("#key-caption")).to_have_text("Shown this once")
    listed = in_list(page, key)
    expect(listed).to_contain_text("backup")
    expect(listed).to_contain_text(re.compile(r"all that you may · until .+ · never used"))
    expect(call(page, "API key", "/api/data")).to_have_text("200")
    expect(listed).to_contain_text("used just now")


def test_a_narrow_key_may_less_than_its_owner(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Ada")
    key = make_key(page, may="no /admin", life="1 minute")
    expect(in_list(page, key)).to_contain_text(re.compile(r"no /admin · [1-6]?\d s left · never used"))
    expect(call(page, "API key", "/api/data")).to_have_text("200")
    expect(call(page, "API key", "/admin")).to_have_text("403")
    expect(page.locator("#verdict")).to_contain_text("made without the permission “admin”")
    expect(call(page, "Session", "/admin")).to_have_text("200")


def test_a_rotated_key_gives_way_to_a_new_one(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Ada")
    old = make_key(page, name="deploy")
    in_list(page, old).get_by_role("button", name=re.compile("^Rotate deploy")).click()
    new = new_key(page, old)
    expect(page.locator("#key-caption")).to_have_text(
        "Shown this once. The old one is good for 30 seconds more"
    )
    expect(in_list(page, old)).to_contain_text(re.compile(r"replaced, [1-3]?\d s left"))
    expect(in_list(page, old).get_by_role("button")).to_have_text(["Revoke"])
    expect(in_list(page, new).get_by_role("button")).to_have_text(["Rotate", "Revoke"])
    expect(call(page, "API key", "/api/data")).to_have_text("200")
    headers = {"X-API-Key": old}
    assert page.request.get("/api/data", headers=headers).status == 200


def test_a_revoked_key_opens_nothing(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Ada")
    key = make_key(page)
    expect(call(page, "API key", "/api/data")).to_have_text("200")
    in_list(page, key).get_by_role("button", name=re.compile("^Revoke")).click()
    expect(in_list(page, key)).to_have_count(0)
    expect(page.locator("#note-key")).to_have_text("Ada, revoked")
    expect(page.get_by_role("button", name="Make a key")).to_be_focused()
    expect(call(page, "API key", "/api/data")).to_have_text("401")
    expect(page.locator("#verdict")).to_contain_text("The key was revoked or replaced.")


def test_a_key_that_another_tab_revokes_is_seen_to_be_over(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Bob")
    key = make_key(page)
    other = page.context.new_page()
    other.goto(page.url)
    in_list(other, key).get_by_role("button", name=re.compile("^Revoke")).click()
    expect(page.locator("#note-key")).to_have_text("Bob, revoked")


def test_a_name_that_cannot_be_kept_is_said(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Bob")
    page.locator("#key-form").get_by_label("Name").fill("   ")
    page.get_by_role("button", name="Make a key").click()
    expect(page.locator("#key-error")).to_contain_text("name is text that is not blank")
    expect(page.locator("#key")).to_be_hidden()


def test_the_focus_stays_where_it_is_while_a_list_changes(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Bob")
    key = make_key(page, name="kept")
    button = in_list(page, key).get_by_role("button", name=re.compile("^Rotate"))
    button.focus()
    page.request.get("/api/data", headers={"X-API-Key": key})
    expect(in_list(page, key)).to_contain_text("used just now")
    expect(in_list(page, key).get_by_role("button", name=re.compile("^Rotate"))).to_be_focused()
