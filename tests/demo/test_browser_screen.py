"""How the demo looks in a real browser, and what it says to those who do not see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.demo.browsing import PATHS, call, call_all, expect, get_token, log_in, make_key

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [375, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_sideways_scrolling(
    open_page: Callable[..., Any], width: int, scheme: str
) -> None:
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme, has_touch=True)
    measure = "[document.documentElement.scrollWidth, document.body.scrollWidth]"
    assert max(page.evaluate(measure)) <= width
    log_in(page, "Ada")
    get_token(page)
    make_key(page)
    call_all(page)
    for path in PATHS:
        call(page, "Tampered JWT", path)
        assert max(page.evaluate(measure)) <= width
    boxes = [button.bounding_box() for button in page.locator("#grid button").all()]
    assert all(box["height"] >= 42 and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)


def test_dark_and_light_follow_the_system(open_page: Callable[..., Any]) -> None:
    colours = [
        open_page(color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert colours == ["rgb(245, 246, 250)", "rgb(15, 16, 23)"]


def test_every_field_and_button_has_a_name(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Ada")
    get_token(page)
    make_key(page)
    fields = page.locator("button:visible, select:visible, progress:visible, [role=group]:visible").all()
    assert len(fields) > 20
    for field in fields:
        expect(field).to_have_accessible_name(re.compile(r"\w"))


def test_a_server_that_is_gone_is_said(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Bob")
    page.route("**/*", lambda route: route.abort())
    page.get_by_role("button", name="GET /profile with Session: call").click()
    expect(page.locator("#exchange-empty")).to_contain_text("The server does not answer.")
    expect(page.get_by_role("status")).to_have_text("GET /profile with Session: no answer")
    page.get_by_role("button", name="Get a token").click()
    expect(page.locator("#token-error")).to_contain_text("The server does not answer.")
