"""What a person does in the browser, for the tests that use one."""

from __future__ import annotations

import re
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
expect.set_options(timeout=20_000)

ROWS = ("No credential", "Session", "JWT", "API key", "Tampered JWT", "Tampered key")
PATHS = ("/profile", "/api/data", "/admin")
ADA = {
    "No credential": ["401", "401", "401"],
    "Session": ["200", "401", "200"],
    "JWT": ["200", "401", "200"],
    "API key": ["200", "200", "200"],
    "Tampered JWT": ["401", "401", "401"],
    "Tampered key": ["401", "401", "401"],
}
BOB = {row: [*statuses[:2], statuses[2].replace("200", "403")] for row, statuses in ADA.items()}


def log_in(page: Any, name: str) -> None:
    page.locator(f".hint[data-username={name.lower()}]").click()
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#who")).to_have_text(f"Logged in as {name}")


def get_token(page: Any) -> None:
    page.get_by_role("button", name="Get a token").click()
    expect(page.locator("#token-text")).to_be_visible()


def make_key(
    page: Any, *, name: str = "my script", may: str = "all that I may", life: str = "30 days"
) -> str:
    form = page.locator("#key-form")
    form.get_by_label("Name").fill(name)
    form.get_by_label("May do").select_option(may)
    form.get_by_label("Good for").select_option(life)
    before = page.locator("#key-text").text_content()
    page.get_by_role("button", name="Make a key").click()
    return new_key(page, before)


def new_key(page: Any, before: str) -> str:
    """The key that is shown in place of the one `before`."""
    expect(page.locator("#key-text")).to_have_text(re.compile(r"^key_\w{51}$"))
    if before:
        expect(page.locator("#key-text")).not_to_have_text(before)
    return str(page.locator("#key-text").text_content())


def call(page: Any, row: str, path: str) -> Any:
    button = page.get_by_role("button", name=f"GET {path} with {row}: ")
    button.click()
    expect(button).to_have_accessible_name(re.compile("answered"))
    return button


def call_all(page: Any) -> dict[str, list[str]]:
    page.get_by_role("button", name="Call all").click()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"calls: \d+ let in"))
    return {
        row: page.get_by_role("row", name=re.compile(f"^{row} ")).get_by_role("button").all_inner_texts()
        for row in ROWS
    }


def tab_to(page: Any, target: Any) -> None:
    """Press Tab until the focus, which can be seen, is on `target`."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            outline = target.evaluate("element => getComputedStyle(element).outline")
            assert "solid" in outline, outline
            return
    raise AssertionError(f"Tab does not lead to {target}")
