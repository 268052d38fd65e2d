"""The page that describes the demo, in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo.browsing import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def docs(browser: Any, url: str) -> Iterator[Any]:
    """The page; at the end nothing went wrong in it, and no other host was asked for anything."""
    wrong: list[str] = []
    hosts: set[str] = set()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on(
        "console", lambda message: wrong.append(message.text) if "status of 4" not in message.text else None
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(url + "/docs")
    expect(page.locator(".operation").first).to_be_visible()
    yield page
    context.close()
    assert wrong == []
    assert hosts == {url.split("/")[2]}


def opened(page: Any, operation: str) -> Any:
    card = page.locator(f"#{operation}")
    if card.get_attribute("open") is None:
        card.locator("summary").first.click()
    return card


def send(card: Any) -> Any:
    card.get_by_role("button", name="Send").click()
    return card.locator(".answer .line .chip")


def log_in(page: Any) -> None:
    card = opened(page, "log_in")
    card.get_by_label("Body").fill('{"username": "ada", "password": "notes-on-the-engine"}')
    expect(send(card)).to_have_text("redirect")


def authorize(page: Any, label: str, value: str) -> None:
    page.get_by_role("button", name=re.compile("^Authorize")).click()
    page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Authorized")).to_be_visible()


def test_every_operation_is_shown_with_what_guards_it(docs: Any) -> None:
    described = docs.evaluate("fetch('/openapi.json').then((answer) => answer.json())")
    count = sum(len(methods) for methods in described["paths"].values())
    expect(docs.locator(".operation")).to_have_count(count)
    expect(docs.locator("#admin > summary .chip")).to_have_text("session or jwt or apikey · admin")
    expect(docs.locator("#log_out > summary .chip")).to_have_text("open to all")
    expect(docs.locator("#version")).not_to_be_empty()


def test_a_token_and_a_key_open_what_they_should(docs: Any) -> None:
    log_in(docs)
    card = opened(docs, "create_token")
    expect(send(card)).to_have_text("200 OK")
    token = card.locator(".answer pre .text").first.inner_text().strip('"')
    made = opened(docs, "create_key")
    expect(send(made)).to_have_text("201 Created")
    key = made.locator(".answer pre .text", has_text=re.compile("^.key_")).inner_text().strip('"')

    # From here on without the cookie.
    docs.get_by_role("button", name="Authorize").click()
    docs.get_by_role("checkbox").uncheck()
    docs.get_by_role("button", name="Done").click()
    expect(send(opened(docs, "profile"))).to_have_text("401 Unauthorized")

    authorize(docs, "Token for jwt", token)
    expect(send(opened(docs, "profile"))).to_have_text("200 OK")
    expect(docs.locator("#profile .answer pre").first).to_contain_text('"credential": "jwt"')
    expect(send(opened(docs, "protected_data"))).to_have_text("401 Unauthorized")

    authorize(docs, "Credential for apikey", key)
    expect(send(opened(docs, "protected_data"))).to_have_text("200 OK")

    docs.get_by_role("button", name="Authorized").click()
    docs.get_by_role("button", name="Forget all").click()
    expect(docs.get_by_label("Token for jwt")).to_have_value("")
    docs.get_by_role("checkbox").uncheck()
    docs.get_by_role("button", name="Done").click()
    expect(send(opened(docs, "protected_data"))).to_have_text("401 Unauthorized")


def test_a_credential_is_gone_when_the_page_is_read_anew(docs: Any) -> None:
    authorize(docs, "Token for jwt", "a.b.c")
    docs.reload()
    docs.get_by_role("button", name="Authorize").click()
    expect(docs.get_by_label("Token for jwt")).to_have_value("")


def test_a_wrong_field_is_shown_as_the_server_names_it(docs: Any) -> None:
    card = opened(docs, "log_in")
    card.get_by_label("Body").fill('{"username": "ada", "password": ""}')
    expect(send(card)).to_have_text(re.compile("^422"))
    expect(card.locator(".answer pre").first).to_contain_text('"pointer": "#/password"')


def test_parameters_are_sent_where_they_belong(docs: Any) -> None:
    log_in(docs)
    token = opened(docs, "create_token")
    token.get_by_label("seconds").select_option("3600")
    send(token)
    expect(token.locator(".answer .line .mono")).to_have_text("/token?seconds=3600")
    key = docs.locator(".operation", has_text="/api/keys/{key_id}").filter(has_text="DELETE")
    key.locator("summary").first.click()
    key.get_by_label("key_id").fill("no/such key")
    expect(send(key)).to_have_text("404 Not Found")
    expect(key.locator(".answer .line .mono")).to_have_text("/api/keys/no%2Fsuch%20key")


def test_the_list_can_be_filtered_and_leads_to_an_operation(docs: Any) -> None:
    docs.get_by_label("Filter the operations").fill("keys")
    expect(docs.locator("#profile")).to_be_hidden()
    docs.locator("nav a:visible", has_text="POST").first.click()
    expect(docs.locator("#create_key .inside")).to_be_visible()


def test_it_can_be_used_by_keyboard_and_on_a_small_screen(docs: Any) -> None:
    docs.set_viewport_size({"width": 380, "height": 700})
    width = docs.evaluate("document.documentElement.scrollWidth")
    assert width <= 380
    docs.locator("#profile > summary").focus()
    docs.keyboard.press("Enter")
    expect(docs.locator("#profile").get_by_role("button", name="Send")).to_be_visible()
    docs.keyboard.press("Tab")
    docs.keyboard.press("Enter")
    expect(docs.locator("#profile .answer .line .chip")).to_have_text("401 Unauthorized")
