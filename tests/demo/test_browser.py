"""The demo in a real browser, used by a person."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from nexios.demo.app import create_app
from nexios.demo.server import serving

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def url(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(create_app(tmp_path_factory.mktemp("browser"))) as url:
        yield url


@pytest.fixture
def open_page(browser: Any, url: str) -> Iterator[Callable[..., Any]]:
    """Open the page; at the end nothing went wrong in it, and no other host was asked for anything."""
    contexts, wrong, hosts = [], [], set()

    def noted(message: Any) -> None:
        # The browser notes every answer that is no success; here those are what is shown.
        if not re.search(
            r"Failed to load resource: (the server responded with a status of 40[13] |net::)", message.text
        ):
            wrong.append(f"{message.type}: {message.text}")

    def open_page(path: str = "/", *, clock: bool = False, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", noted)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        if clock:
            page.clock.install(time=time.time())
        page.goto(url + path)
        expect(page.get_by_role("button", name="GET /profile with No credential: call")).to_be_visible()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
    assert hosts <= {urlsplit(url).netloc}


def log_in(page: Any, name: str) -> None:
    page.locator(f".hint[data-username={name.lower()}]").click()
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#who")).to_have_text(f"Logged in as {name}")


def get_token(page: Any) -> None:
    page.get_by_role("button", name="Get a token").click()
    expect(page.locator("#token-text")).to_be_visible()


def make_key(page: Any) -> None:
    page.get_by_role("button", name="Make a key").click()
    expect(page.locator("#key-text")).to_be_visible()


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


def test_a_person_does_everything_by_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page()
    tab_to(page, page.get_by_label("Name"))
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
    page.get_by_label("Good for").select_option("15 seconds")
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
    make_key(page)
    key = page.locator("#key-text").inner_text()
    page.reload()
    expect(page.locator("#who")).to_have_text("Logged in as Ada")
    expect(page.locator("#key-list")).to_contain_text(key[:8])
    expect(page.locator("#token")).to_be_hidden()
    assert key not in page.content()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_a_deleted_key_opens_nothing(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Ada")
    make_key(page)
    hint = page.locator("#key-text").inner_text()[:8]
    expect(call(page, "API key", "/api/data")).to_have_text("200")
    page.get_by_role("button", name=f"Delete {hint}").click()
    expect(page.locator("#note-key")).to_have_text("Ada, deleted")
    expect(call(page, "API key", "/api/data")).to_have_text("401")
    expect(page.locator("#verdict")).to_contain_text("it was deleted")


def test_a_token_still_opens_after_the_logout_and_the_session_does_not(open_page: Callable[..., Any]) -> None:
    page = open_page()
    log_in(page, "Bob")
    get_token(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#who")).to_have_text("Nobody is logged in")
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_role("button", name="Get a token")).to_be_disabled()
    expect(page.get_by_role("button", name="GET /profile with Session: call")).to_be_disabled()
    expect(call(page, "JWT", "/profile")).to_have_text("200")


def test_a_wrong_password_is_said(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.get_by_label("Name").fill("bob")
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
