"""Opaque tokens, of which their issuer says what they are."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from nexios.exceptions import ConfigError, InvalidToken, IssuerUnavailable
from nexios.tokens import Introspection, Issuer
from tests.parts import Clock
from tests.tokens.behind import IssuerTarget
from tests.tokens.provider import Provider, redirecting

PLACE = "/introspect"
SECRET = "f81d4fae7dec11d0a76500a0c91e6bf6"


def introspection(provider: Provider, **options: Any) -> Introspection:
    given = {"client_id": "our api", "client_secret": SECRET, "clock": provider.clock} | options
    return Introspection(provider.url + PLACE, **given)


def says(provider: Provider, **answer: Any) -> None:
    provider.answers[PLACE] = {"active": True, "sub": "7", "scope": "read", **answer}


@pytest.fixture
def target(provider: Provider) -> IssuerTarget:
    says(provider)
    return IssuerTarget(introspection(provider))


def test_a_token_is_asked_about_once_and_the_answer_is_kept_for_a_time(
    target: IssuerTarget, provider: Provider
) -> None:
    target.takes("2YotnFZFEjr1zCsicMWpAA")
    assert len(provider.forms) == 1
    body, credentials = provider.forms[0]
    assert parse_qs(body) == {"token": ["2YotnFZFEjr1zCsicMWpAA"], "token_type_hint": ["access_token"]}
    assert credentials == "Basic " + base64.b64encode(f"our+api:{SECRET}".encode()).decode()
    provider.answers[PLACE] = {"active": False}
    provider.clock.turn(seconds=29)
    target.takes("2YotnFZFEjr1zCsicMWpAA")
    provider.clock.turn(seconds=1)
    target.refuses("2YotnFZFEjr1zCsicMWpAA")
    assert len(provider.forms) == 2


def test_an_answer_is_kept_no_longer_than_the_token_lives(target: IssuerTarget, provider: Provider) -> None:
    says(provider, exp=int(provider.clock.now) + 10)
    target.takes("opaque")
    provider.clock.turn(seconds=10)
    target.refuses("opaque")


def test_a_clock_that_is_set_back_keeps_no_answer_longer(target: IssuerTarget, provider: Provider) -> None:
    target.takes("opaque")
    provider.answers[PLACE] = {"active": False}
    provider.clock.turn(hours=-1)
    target.refuses("opaque")


@pytest.mark.parametrize(
    ("keep_for", "seconds"), [(timedelta(seconds=30), 5), (timedelta(hours=1), 5), (timedelta(seconds=2), 2)]
)
def test_what_is_refused_is_asked_about_again_after_five_seconds(
    keep_for: timedelta, seconds: int, provider: Provider
) -> None:
    target = IssuerTarget(introspection(provider, keep_for=keep_for))
    provider.answers[PLACE] = {"active": False}
    target.refuses("opaque")
    says(provider)
    provider.clock.turn(seconds=seconds, microseconds=-1)
    target.refuses("opaque")
    assert len(provider.forms) == 1
    provider.clock.turn(microseconds=1)
    target.takes("opaque")


@pytest.mark.parametrize("back", [{"seconds": -1}, {"seconds": -5}, {"hours": -1}], ids=str)
def test_a_clock_that_is_set_back_keeps_no_refusal_longer(back: dict[str, float], provider: Provider) -> None:
    target = IssuerTarget(introspection(provider))
    provider.answers[PLACE] = {"active": False}
    target.refuses("opaque")
    says(provider)
    provider.clock.turn(**back)
    target.takes("opaque")


@pytest.mark.parametrize("nothing", [{"keep_for": timedelta(0)}, {"kept": 0}], ids=repr)
def test_nothing_is_kept_where_nothing_shall_be(nothing: dict[str, Any], provider: Provider) -> None:
    says(provider)
    target = IssuerTarget(introspection(provider, **nothing), kept=0)
    target.takes("opaque")
    assert len(provider.forms) == 2
    provider.answers[PLACE] = {"active": False}
    target.refuses("opaque")
    assert len(provider.forms) == 4


@pytest.mark.parametrize(
    "answer",
    [
        {"active": False},
        {"active": "true"},
        {"active": 1},
        {"active": None},
        {"exp": 1},
        {"exp": "2000000000"},
        {"nbf": 2_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"aud": "web"},
        {"token_type": "refresh_token"},
        {"token_type": "N_A"},
        {"token_type": "DPoP"},
        {"token_type": "dpop", "cnf": None},
        {"token_type": "DPoP", "cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}},
        {"token_type": ["Bearer"]},
        {"token_use": "refresh_token"},
        {"typ": "Refresh"},
        {"typ": "ID"},
        {"typ": "logout+jwt"},
    ],
    ids=repr,
)
def test_whatever_is_not_an_access_token_for_us_is_refused(
    answer: dict[str, Any], target: IssuerTarget, provider: Provider
) -> None:
    says(provider, **answer)
    target.refuses("opaque")
    assert len(provider.forms) == 1, "a refusal is kept as well"
    says(provider)
    provider.clock.turn(seconds=30)
    target.takes("opaque")


def test_the_log_says_what_to_set_where_a_token_is_for_somebody(
    target: IssuerTarget, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    says(provider, aud="api")
    target.refuses("opaque")
    assert "none is set: Introspection(audience=...)" in caplog.text


def test_an_answer_that_says_nothing_of_being_active_is_none(
    target: IssuerTarget, provider: Provider
) -> None:
    provider.answers[PLACE] = {"sub": "7"}
    target.refuses("opaque")


@pytest.mark.parametrize(
    ("options", "answer", "good"),
    [
        ({"audience": "api"}, {"aud": "api"}, True),
        ({"audience": ["web", "api"]}, {"aud": ["api", "x"]}, True),
        ({"audience": "api"}, {"aud": "web"}, False),
        ({"audience": "api"}, {}, False),
        ({"issuer": "https://idp.example"}, {"iss": "https://idp.example"}, True),
        ({"issuer": "https://idp.example"}, {"iss": "https://forger.example"}, False),
        ({"issuer": "https://idp.example"}, {}, False),
        ({}, {"token_type": "bearer", "token_use": "access_token", "typ": "Bearer"}, True),
    ],
    ids=repr,
)
def test_for_whom_and_from_whom(
    options: dict[str, Any], answer: dict[str, Any], good: bool, provider: Provider
) -> None:
    says(provider, **answer)
    target = IssuerTarget(introspection(provider, **options))
    (target.takes if good else target.refuses)("opaque")


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"[]",
        b"",
        lambda handler: handler.reply(401, b'{"active": true, "sub": "7"}'),
        lambda handler: handler.reply(500, b'{"active": true, "sub": "7"}'),
        lambda handler: handler.reply(200, b" " * 2_000_000),
        redirecting(307, "/elsewhere"),
    ],
)
def test_an_issuer_that_does_not_answer_lets_nobody_in(
    answer: Any, target: IssuerTarget, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.answers["/elsewhere"] = {"active": True, "sub": "7"}
    provider.answers[PLACE] = answer
    target.cannot_tell("opaque")
    says(provider)
    target.takes("opaque")
    assert SECRET not in caplog.text
    assert "opaque" not in caplog.text


@pytest.mark.parametrize("status", [199, 201, 204, 401, 500])
def test_an_answer_of_any_other_status_is_none(status: int, clock: Clock) -> None:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, content=b'{"active": true, "sub": "7"}')

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    asked = Introspection(
        "https://idp.example", client_id="api", client_secret=SECRET, http=http, clock=clock
    )
    with pytest.raises(IssuerUnavailable, match=f"answered {status}"):
        asyncio.run(asked.verify("opaque"))


def test_made_up_tokens_do_not_push_the_good_ones_out(provider: Provider) -> None:
    says(provider)
    asked = introspection(provider, kept=5)

    async def storm() -> None:
        await asked.verify("good")
        provider.answers[PLACE] = {"active": False}
        for number in range(20):
            with pytest.raises(InvalidToken):
                await asked.verify(f"made up {number}")
        assert (await asked.verify("good"))["sub"] == "7"

    asyncio.run(storm())
    assert len(provider.forms) == 21


def test_no_secret_is_shown_and_no_token_is_kept_as_it_is(provider: Provider) -> None:
    says(provider)
    asked = introspection(provider)
    asyncio.run(asked.verify("opaque-token-of-somebody"))
    assert repr(asked) == f"Introspection({provider.url + PLACE!r})"
    assert b"opaque-token-of-somebody" not in list(asked._good._kept)
    provider.answers.clear()
    with pytest.raises(IssuerUnavailable) as caught:
        asyncio.run(asked.verify("another-token"))
    assert not [text for text in (SECRET, "another-token") if text in repr(caught.value)]


def test_all_who_wait_share_one_question(provider: Provider) -> None:
    says(provider)
    asked = introspection(provider)

    async def at_once(count: int) -> list[Any]:
        return await asyncio.gather(*(asked.verify("opaque") for _ in range(count)), return_exceptions=True)

    assert {str(claims["sub"]) for claims in asyncio.run(at_once(50))} == {"7"}
    assert len(provider.forms) == 1
    provider.clock.turn(minutes=1)
    provider.answers.clear()
    assert {type(error) for error in asyncio.run(at_once(50))} == {IssuerUnavailable}
    assert len(provider.forms) == 2


def test_who_gives_up_waiting_does_not_take_the_answer_from_the_others(provider: Provider) -> None:
    says(provider)
    asked = introspection(provider)

    async def first_gives_up() -> str:
        provider.hold.clear()
        first, second = (asyncio.create_task(asked.verify("opaque")) for _ in range(2))
        await asyncio.to_thread(provider.came.wait, 30)
        first.cancel()
        provider.hold.set()
        return str((await second)["sub"])

    assert asyncio.run(first_gives_up()) == "7"


def test_opaque_tokens_stand_beside_an_issuers(provider: Provider, clock: Clock) -> None:
    says(provider)
    issuer = Issuer(provider.url, audience="api", clock=clock)
    for order in ((issuer, introspection(provider)), (introspection(provider), issuer)):
        provider.forms.clear()
        target = IssuerTarget(*order)
        target.takes(provider.token())
        assert provider.forms == []
        target.takes("opaque")
        assert len(provider.forms) == 1
    with pytest.raises(ConfigError, match="would never be asked"):
        IssuerTarget(introspection(provider), introspection(provider))


@pytest.mark.parametrize(
    ("changed", "mend"),
    [
        ({"url": "http://idp.example/introspect"}, "https://"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": 7}, "client_id"),
        ({"client_secret": None}, "client_secret"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": 7}, "client_secret"),
        ({"audience": []}, "audience"),
        ({"audience": [7]}, "audience"),
        ({"issuer": 7}, "issuer"),
        ({"permissions": "read"}, "permissions"),
        ({"keep_for": timedelta(days=1)}, "keep_for"),
        ({"keep_for": timedelta(hours=1, microseconds=1)}, "keep_for"),
        ({"keep_for": timedelta(seconds=-1)}, "keep_for"),
        ({"kept": -1}, "kept"),
        ({"kept": True}, "kept"),
        ({"audience": 7}, "audience"),
        ({"keep_for": 30}, "timedelta"),
    ],
    ids=repr,
)
def test_what_cannot_be_is_an_error_at_once(changed: dict[str, Any], mend: str) -> None:
    given = {"url": "https://idp.example", "client_id": "api", "client_secret": SECRET, **changed}
    with pytest.raises(ConfigError, match=mend) as caught:
        Introspection(given.pop("url"), **given)
    assert SECRET not in str(caught.value)


def test_who_we_are_is_given_by_name() -> None:
    wrong: Any = Introspection
    with pytest.raises(TypeError):
        wrong("https://idp.example", "api", client_secret=SECRET)
