"""A browser's refresh token: in a cookie for one path, in no body, and of no use to other sites."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from nexios import NexiosApp, Request, Response
from nexios.tokens import RefreshCookie, Tokens
from tests.attacks.asking import Answer, Header, asking
from tests.parts import Clock
from tests.tokens.issuing import tokens_of
from tests.tokens.serving import app_of, assert_refused, post

pytestmark = pytest.mark.anyio

GRANT = {"grant_type": "refresh_token"}
ATTRIBUTES = {"HttpOnly", "Max-Age=2592000", "Path=/token", "SameSite=strict", "Secure"}


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return tokens_of(clock=clock)


@pytest.fixture
def app(tokens: Tokens) -> NexiosApp:
    cookie = RefreshCookie()
    app = app_of(tokens, cookie=cookie, trusted_origins=["https://app.example"])

    @app.post("/login")
    async def login(request: Request, response: Response) -> dict[str, object]:
        return cookie.set(response, await tokens.issue("ada"))

    return app


def cookie_of(answer: Answer) -> tuple[str, set[str]]:
    """The value that the answer gives the cookie, and the cookie's attributes."""
    (line,) = answer.all("set-cookie")
    pair, *attributes = line.split("; ")
    name, _, value = pair.partition("=")
    assert name == "refresh_token"
    return value, set(attributes)


def cookie(value: str) -> Header:
    return ("cookie", f"theme=dark; refresh_token={value}")


async def log_in(app: NexiosApp) -> str:
    answer = await asking(app, "/login", method="POST")
    value, _ = cookie_of(answer)
    return value


async def test_it_is_in_the_cookie_alone(app: NexiosApp, tokens: Tokens) -> None:
    answer = await asking(app, "/login", method="POST")
    value, attributes = cookie_of(answer)
    assert attributes == ATTRIBUTES
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert answer.one("cache-control") == "no-store"

    refreshed = await post(app, "/token", GRANT, cookie(value))
    assert refreshed.status == 200
    following, attributes = cookie_of(refreshed)
    assert attributes == ATTRIBUTES
    assert following != value
    assert set(refreshed.json()) == {"access_token", "token_type", "expires_in"}
    assert following.encode() not in refreshed.body
    assert (await tokens.verify(refreshed.json()["access_token"]))["sub"] == "ada"
    assert (await post(app, "/token", GRANT, cookie(following))).status == 200


async def test_one_that_is_not_good_is_taken_away(app: NexiosApp, tokens: Tokens) -> None:
    value = await log_in(app)
    await tokens.revoke_all("ada")
    answer = await post(app, "/token", GRANT, cookie(value))
    assert_refused(answer, "invalid_grant")
    emptied, attributes = cookie_of(answer)
    assert emptied in ("", '""')
    assert {"Max-Age=0", "Path=/token", "Secure", "HttpOnly"} <= attributes


FOREIGN: dict[str, list[Header]] = {
    "another site": [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
    "another origin of the site": [("sec-fetch-site", "same-site")],
    "an old browser": [("origin", "https://evil.example")],
    "a sandbox": [("origin", "null")],
    "two answers": [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_another_site_neither_refreshes_nor_logs_out(
    method: str, headers: list[Header], app: NexiosApp
) -> None:
    value = await log_in(app)
    if method == "POST":
        answer = await post(app, "/token", GRANT, cookie(value), *headers)
    else:
        answer = await asking(app, "/token", method="DELETE", headers=[cookie(value), *headers])
    assert answer.status == 403
    assert answer.one("content-type") == "application/problem+json"
    assert answer.all("set-cookie") == []
    # Nothing was used, and nothing ended.
    assert (await post(app, "/token", GRANT, cookie(value))).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        [("sec-fetch-site", "same-origin")],
        [("origin", "http://testserver")],
        [("sec-fetch-site", "cross-site"), ("origin", "https://app.example")],
    ],
    ids=["the same origin", "an old browser", "a trusted origin"],
)
async def test_ones_own_pages_refresh(headers: list[Header], app: NexiosApp) -> None:
    assert (await post(app, "/token", GRANT, cookie(await log_in(app)), *headers)).status == 200


async def test_logging_out_ends_the_login_and_may_be_done_twice(app: NexiosApp) -> None:
    value = await log_in(app)
    for _ in range(2):
        answer = await asking(app, "/token", method="DELETE", headers=[cookie(value)])
        assert answer.status == 204
        assert "Max-Age=0" in cookie_of(answer)[1]
    assert_refused(await post(app, "/token", GRANT, cookie(value)), "invalid_grant")
    assert (await asking(app, "/token", method="DELETE")).status == 204


async def test_logging_out_ends_every_login_that_the_browser_brings(app: NexiosApp) -> None:
    # A neighbouring host has put another one in front, so that this one goes on.
    brought = [await log_in(app), "junk", await log_in(app), ""]
    both = ("cookie", "; ".join(f"refresh_token={value}" for value in brought))
    answer = await asking(app, "/token", method="DELETE", headers=[both])
    assert answer.status == 204
    for value in (brought[0], brought[2]):
        assert_refused(await post(app, "/token", GRANT, cookie(value)), "invalid_grant")


async def test_two_cookies_or_a_cookie_and_a_form_are_refused(app: NexiosApp) -> None:
    value = await log_in(app)
    other = await log_in(app)
    both = ("cookie", f"refresh_token={value}; refresh_token={other}")
    assert_refused(await post(app, "/token", GRANT, both), "invalid_request")
    assert_refused(await post(app, "/token", GRANT, cookie(value), cookie(other)), "invalid_request")
    form = {**GRANT, "refresh_token": other}
    assert_refused(await post(app, "/token", form, cookie(value)), "invalid_request")
    for each in (value, other):
        assert (await post(app, "/token", GRANT, cookie(each))).status == 200


async def test_other_clients_have_it_in_the_body_as_ever(app: NexiosApp, tokens: Tokens) -> None:
    pair = await tokens.issue("ada")
    answer = await post(app, "/token", {**GRANT, "refresh_token": pair.refresh_token})
    assert answer.status == 200
    assert answer.all("set-cookie") == []
    assert answer.json()["refresh_token"]


async def test_what_another_client_sends_takes_no_cookie_away(app: NexiosApp) -> None:
    answer = await post(app, "/token", {**GRANT, "refresh_token": "junk"})
    assert_refused(answer, "invalid_grant")
    assert answer.all("set-cookie") == []


async def test_an_emptied_cookie_is_none_and_beside_another_it_is_one_too_many(
    app: NexiosApp, tokens: Tokens
) -> None:
    value = await log_in(app)
    assert_refused(await post(app, "/token", GRANT, cookie("")), "invalid_request")
    for both in (("", value), (value, "")):
        header = ("cookie", "; ".join(f"refresh_token={each}" for each in both))
        assert_refused(await post(app, "/token", GRANT, header), "invalid_request")
    form = {**GRANT, "refresh_token": (await tokens.issue("ada")).refresh_token}
    assert (await post(app, "/token", form, cookie(""))).status == 200
    assert (await post(app, "/token", GRANT, cookie(value))).status == 200


@pytest.mark.parametrize(
    "header",
    [
        ("accept", "refresh_token={}"),
        ("x-cookie", "refresh_token={}"),
        ("cookie", "a=refresh_token={}"),
        # Browsers take it for another name, whose prefix promises nothing.
        ("cookie", "\xa0refresh_token={}"),
        ("cookie", "a=b;\x85refresh_token={}"),
    ],
    ids=["a header before it", "a header behind it", "the value of another", "a blank", "a next line"],
)
async def test_the_cookie_is_taken_from_nowhere_else(header: Header, app: NexiosApp) -> None:
    value = await log_in(app)
    elsewhere = (header[0], header[1].format(value))
    assert_refused(await post(app, "/token", GRANT, elsewhere), "invalid_request")
    for around in ("lang={}; refresh_token={}", "refresh_token={1}; theme={0}"):
        other, value = await log_in(app), await log_in(app)
        assert (await post(app, "/token", GRANT, ("cookie", around.format(other, value)))).status == 200


@pytest.mark.parametrize("answers", ["to a refresh", "to logging out"])
async def test_a_cookie_that_is_taken_away_is_over_at_once(answers: str, app: NexiosApp) -> None:
    with time_machine.travel(1_800_000_000, tick=False):
        if answers == "to a refresh":
            answer = await post(app, "/token", GRANT, cookie("junk"))
        else:
            answer = await asking(app, "/token", method="DELETE")
    _, attributes = cookie_of(answer)
    over = {"Max-Age=0", "expires=Fri, 15 Jan 2027 08:00:00 GMT"}
    assert attributes == (ATTRIBUTES - {"Max-Age=2592000"}) | over


async def test_without_the_mode_a_cookie_is_nothing(tokens: Tokens) -> None:
    pair = await tokens.issue("ada")
    plain = app_of(tokens)
    assert_refused(await post(plain, "/token", GRANT, cookie(pair.refresh_token)), "invalid_request")
    assert (await asking(plain, "/token", method="DELETE")).status == 405


async def test_the_browser_keeps_it_as_long_as_it_is_told(tokens: Tokens) -> None:
    short = RefreshCookie("later", path="/auth/token", max_age=timedelta(hours=1))
    response = Response()
    RefreshCookie(max_age=timedelta(seconds=1)).set(response, await tokens.issue("ada"))
    assert any(b"Max-Age=1; " in line for _, line in response.raw_headers)
    response = Response()
    short.set(response, await tokens.issue("ada"))
    ((_, line),) = [pair for pair in response.raw_headers if pair[0] == b"set-cookie"]
    assert line.startswith(b"later=rt_")
    assert b"Max-Age=3600; Path=/auth/token;" in line
    assert "rt_" not in repr(short)
