"""Attacks on sessions: made-up, changed, stolen, old and foreign cookies."""

from __future__ import annotations

import base64
import datetime
import decimal
import hashlib
import json
from typing import Any

import itsdangerous
import msgspec
import pytest

from nexios.auth import auth
from nexios.exceptions import ConfigError
from nexios.http import WebSocket
from nexios.session import SessionMiddleware
from nexios.session.cookie import SALT
from tests.attacks.asking import Answer, Header, knock
from tests.attacks.targets import SessionTarget, cookie, cookie_value
from tests.parts import OTHER_SECRET, SECRET, Clock

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ID = "abcdefghijklmnopqrstuvwx"
CROSS_SITE: Header = ("sec-fetch-site", "cross-site")


@pytest.fixture
def target(clock: Clock) -> SessionTarget:
    """A route guarded by `@auth(scope="session")`."""
    return SessionTarget(clock=clock)


def signed(
    clock: Clock,
    payload: bytes,
    *,
    secret: str = SECRET,
    salt: str = f"{SALT}.session",
    signer: type[itsdangerous.Signer] = itsdangerous.TimestampSigner,
    **options: Any,
) -> str:
    """A cookie's value, made by itsdangerous alone."""
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256} | options
    if issubclass(signer, itsdangerous.TimestampSigner):
        signer = type("At", (signer,), {"get_timestamp": lambda self: int(clock())})
    body = base64.urlsafe_b64encode(payload).rstrip(b"=")
    return signer(secret, salt=salt, **options).sign(body).decode()


def payload(clock: Clock, data: bytes = b'{"user":{"id":"7"}}', **members: bytes) -> bytes:
    """What such a cookie holds."""
    members = {"id": b'"%s"' % ID.encode(), "at": b"%d" % clock.now, "data": data} | members
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), text) for name, text in members.items()) + b"}"


def stranger_with(target: SessionTarget, value: str | bytes) -> Answer:
    name = b"session=" + (value if isinstance(value, bytes) else value.encode("latin-1"))
    for _ in range(2):
        answer = target.assert_stranger(("cookie", name))
    return answer


MADE_UP = [
    "",
    "x",
    ID,
    "e30",
    '{"user":{"id":"7"}}',
    "eyJ1c2VyIjp7ImlkIjoiNyJ9fQ",
    "a.b.c",
    "..",
    "null",
    "\xff",
]


@pytest.mark.parametrize("made_up", MADE_UP, ids=ascii)
def test_session_01_a_made_up_cookie_is_replaced_at_login_and_never_lets_in(
    target: SessionTarget, made_up: str
) -> None:
    stranger_with(target, made_up)
    value = target.login("7", cookie(made_up))
    assert value != made_up
    stranger_with(target, made_up)
    target.assert_lets_in("7", cookie(value))


def test_session_01_a_session_from_before_the_login_is_dead(target: SessionTarget) -> None:
    target.stored.append(("cart", [1]))
    before = cookie_value(target.ask("/store", method="POST"))
    assert target.ask("/session", headers=[cookie(before)]).json() == {"cart": [1]}
    after = target.login("7", cookie(before))
    assert after != before
    stranger_with(target, before)
    assert target.ask("/session", headers=[cookie(before)]).json() == {}
    assert target.ask("/session", headers=[cookie(after)]).json() == {"cart": [1], "user": {"id": "7"}}


def test_session_01_an_attackers_own_session_does_not_become_his_victims(target: SessionTarget) -> None:
    attackers = target.login("mallory")
    victims = target.login("7", cookie(attackers))
    target.assert_lets_in("7", cookie(victims))
    stranger_with(target, attackers)


def test_session_02_no_byte_of_a_cookie_can_be_changed(target: SessionTarget) -> None:
    value = target.login("7")
    target.assert_lets_in("7", cookie(value))
    for place, letter in enumerate(value):
        for other in (ALPHABET if place > len(value) - 3 else "A_.") + "= \0\xff":
            if other != letter:
                changed = value[:place] + other + value[place + 1 :]
                if changed.strip() != value:
                    target.assert_stranger(("cookie", f"session={changed}"))
    target.assert_lets_in("7", cookie(value))


@pytest.mark.parametrize(
    "behind", ["=", "==", "A", ".", ".AA", "\0", "!", '"', "%00", "%3D", "~", "AAAA"], ids=ascii
)
def test_session_02_nothing_can_be_put_behind_or_before_a_cookie(target: SessionTarget, behind: str) -> None:
    value = target.login("7")
    stranger_with(target, value + behind)
    stranger_with(target, behind + value)
    body, timestamp, signature = value.split(".")
    stranger_with(target, f"{body}{behind}.{timestamp}.{signature}")
    stranger_with(target, f"{body}.{timestamp}{behind}.{signature}")


def test_session_02_parts_of_two_cookies_do_not_go_together(target: SessionTarget, clock: Clock) -> None:
    first = target.login("7").split(".")
    clock.turn(hours=1)
    second = target.login("8").split(".")
    for mask in range(1, 7):
        stranger_with(target, ".".join((first, second)[mask >> place & 1][place] for place in range(3)))


def test_session_04_the_test_can_make_a_good_cookie(target: SessionTarget, clock: Clock) -> None:
    target.assert_lets_in("7", cookie(signed(clock, payload(clock))))


FOREIGN: dict[str, dict[str, Any]] = {
    "another secret": {"secret": OTHER_SECRET},
    "no secret": {"secret": ""},
    "the secret and a blank": {"secret": SECRET + " "},
    "another salt": {"salt": "itsdangerous.Signer"},
    "no salt": {"salt": ""},
    "the salt of Starlette": {"salt": "itsdangerous.TimestampSigner"},
    "the salt of Flask": {"salt": "cookie-session"},
    "another digest": {"digest_method": hashlib.sha1},
    "SHA-512": {"digest_method": hashlib.sha512},
    "another derivation": {"key_derivation": "django-concat"},
    "the bare key": {"key_derivation": "none"},
    "the salt before the key": {"key_derivation": "concat"},
    "no time": {"signer": itsdangerous.Signer},
    "another separator": {"sep": ":"},
    "no signature": {"algorithm": itsdangerous.NoneAlgorithm()},
}


@pytest.mark.parametrize("options", FOREIGN.values(), ids=FOREIGN.keys())
def test_session_04_a_cookie_signed_in_another_way_is_refused(
    target: SessionTarget, clock: Clock, options: dict[str, Any]
) -> None:
    stranger_with(target, signed(clock, payload(clock), **options))


def test_session_04_what_another_class_of_itsdangerous_makes_is_refused(
    target: SessionTarget, clock: Clock
) -> None:
    content = json.loads(payload(clock))
    for serializer in (itsdangerous.URLSafeTimedSerializer, itsdangerous.URLSafeSerializer):
        for signer_kwargs in ({}, {"key_derivation": "hmac", "digest_method": hashlib.sha256}):
            made = serializer(SECRET, salt=f"{SALT}.session", signer_kwargs=signer_kwargs).dumps(content)
            # The time of URLSafeTimedSerializer is the real one, by which the test's clock is in the future.
            if serializer is itsdangerous.URLSafeSerializer or not signer_kwargs:
                stranger_with(target, made)


def test_session_04_a_cookie_of_another_application_is_refused(target: SessionTarget, clock: Clock) -> None:
    other = SessionTarget(clock=clock, secret_key=OTHER_SECRET)
    value = other.login("7")
    other.assert_lets_in("7", cookie(value))
    stranger_with(target, value)


def test_session_04_a_secret_that_was_taken_away_signs_no_more(clock: Clock) -> None:
    old = SessionTarget(clock=clock, secret_key=OTHER_SECRET)
    both = SessionTarget(clock=clock, secret_key=[SECRET, OTHER_SECRET])
    new = SessionTarget(clock=clock, secret_key=SECRET)
    value = old.login("7")
    both.assert_lets_in("7", cookie(value))
    stranger_with(new, value)
    new.assert_lets_in("7", cookie(both.login("7")))


@pytest.mark.parametrize("used_before", [True, False], ids=["kept", "not kept"])
def test_session_05_a_cookie_older_than_its_life_is_refused_and_deleted(
    target: SessionTarget, clock: Clock, used_before: bool
) -> None:
    value = target.login("7")
    if used_before:
        target.assert_lets_in("7", cookie(value))
    clock.turn(days=14)
    target.assert_lets_in("7", cookie(value))
    clock.turn(seconds=1)
    answer = stranger_with(target, value)
    (line,) = answer.all("set-cookie")
    assert line.startswith("session=; Max-Age=0; Expires=Thu, 01 Jan 1970")


def test_session_05_use_does_not_make_a_session_live_longer(target: SessionTarget, clock: Clock) -> None:
    value = target.login("7")
    for day in range(14):
        clock.turn(days=1)
        target.stored.append(("day", day))
        value = cookie_value(target.ask("/store", method="POST", headers=[cookie(value)]))
    target.assert_lets_in("7", cookie(value))
    clock.turn(seconds=1)
    stranger_with(target, value)


def test_session_05_an_idle_session_ends(clock: Clock) -> None:
    target = SessionTarget(clock=clock, idle_timeout=datetime.timedelta(minutes=30))
    value = target.login("7")
    clock.turn(minutes=30, seconds=1)
    stranger_with(target, value)


PAYLOADS_THAT_ARE_NONE = {
    "a list": b"[]",
    "a list of members": b'["%s",0,{"user":{"id":"7"}}]' % ID.encode(),
    "a text": b'"x"',
    "a number": b"7",
    "null": b"null",
    "true": b"true",
    "nothing": b"",
    "no JSON": b"user=7",
    "not UTF-8": b'{"id":"\xff"}',
    "pickled": b"\x80\x04}\x94\x8c\x02id\x94\x8c\x017\x94s.",
    "cut off": b'{"id":"x","at":',
    "the data alone": b'{"user":{"id":"7"}}',
}


@pytest.mark.parametrize("content", PAYLOADS_THAT_ARE_NONE.values(), ids=PAYLOADS_THAT_ARE_NONE.keys())
def test_session_07_a_signed_payload_that_is_no_session_is_refused(
    target: SessionTarget, clock: Clock, content: bytes
) -> None:
    stranger_with(target, signed(clock, content))


DATA_THAT_IS_NONE = {
    "a list": b'["user"]',
    "a text": b'"user"',
    "a number": b"7",
    "null": b"null",
    "true": b"true",
    "NaN": b"NaN",
    "an object with NaN": b'{"user":{"id":"7"},"x":NaN}',
    "not UTF-8": b'{"user":{"id":"\xff"}}',
    "half a surrogate pair": b'{"user":{"id":"\\ud800"}}',
    "a user that is a text": b'{"user":"7"}',
    "a user that is a list": b'{"user":["id","7"]}',
    "an identity that is a list": b'{"user":{"id":["7"]}}',
    "an identity that is null": b'{"user":{"id":null}}',
    "an identity that is true": b'{"user":{"id":true}}',
    "an identity that is a fraction": b'{"user":{"id":7.5}}',
    "an identity that is empty": b'{"user":{"id":""}}',
    "an identity beyond 64 bits": b'{"user":{"id":' + b"9" * 40 + b"}}",
    "nobody": b'{"user":{}}',
    "another name": b'{"User":{"id":"7"}}',
}


@pytest.mark.parametrize("data", DATA_THAT_IS_NONE.values(), ids=DATA_THAT_IS_NONE.keys())
def test_session_07_signed_data_that_names_nobody_is_refused(
    target: SessionTarget, clock: Clock, data: bytes
) -> None:
    stranger_with(target, signed(clock, payload(clock, data)))


@pytest.mark.parametrize(
    "members",
    [
        {"at": b"9" * 30},
        {"at": b"9" * 400},
        {"at": b"-" + b"9" * 400},
        {"at": b"1e400"},
        {"at": b"1.5"},
        {"at": b"true"},
        {"at": b"null"},
        {"at": b'"0"'},
        {"at": b"-1"},
        {"at": b"0"},
        {"id": b"7"},
        {"id": b"null"},
        {"id": b'"\\ud800"'},
        {"more": b"1"},
        {"data": b""},
    ],
    ids=lambda members: repr(members)[:30],
)
def test_session_07_signed_members_of_another_kind_are_refused(
    target: SessionTarget, clock: Clock, members: dict[str, bytes]
) -> None:
    stranger_with(target, signed(clock, payload(clock, **members)))


def test_session_07_no_depth_of_signed_data_is_more_than_a_refusal(
    target: SessionTarget, clock: Clock, log: pytest.LogCaptureFixture
) -> None:
    for depth in range(1, 1400, 31):
        nested = b"[" * depth + b"]" * depth
        stranger_with(target, signed(clock, payload(clock, b'{"user":{"id":%s}}' % nested)))
        stranger_with(target, signed(clock, payload(clock, b'{"user":%s}' % nested)))
        stranger_with(
            target, signed(clock, payload(clock, b'{"x":' + b'{"x":' * depth + b"1" + b"}" * depth + b"}"))
        )
    assert not [record for record in log.records if record.exc_info]


@pytest.mark.parametrize("made_up", ["x", "a.b.c", ID, "", "e30.e30.e30"])
def test_session_08_of_two_cookies_the_made_up_one_never_lets_in(target: SessionTarget, made_up: str) -> None:
    good = target.login("7")
    for line in (
        f"session={made_up}; session={good}",
        f"session={good}; session={made_up}",
        f"session={made_up}; session={made_up}; session={good}",
    ):
        target.assert_lets_in("7", ("cookie", line))
    target.assert_lets_in("7", cookie(made_up), cookie(good))
    target.assert_lets_in("7", cookie(good), cookie(made_up))
    target.assert_stranger(("cookie", f"session={made_up}; session={made_up}"))


def test_session_08_of_two_sessions_none_is_believed(target: SessionTarget) -> None:
    hers, his = target.login("7"), target.login("mallory")
    for line in (f"session={hers}; session={his}", f"session={his}; session={hers}"):
        target.assert_stranger(("cookie", line))
    target.assert_stranger(cookie(hers), cookie(his))
    target.assert_lets_in("7", ("cookie", f"session={hers}; session={hers}"))


@pytest.mark.parametrize(
    "line",
    [
        "Session={}",
        "SESSION={}",
        "session ={}",
        "xsession={}",
        "__Host-session={}",
        "session[]={}",
        '$Version=1; "session"={}',
        "session%3D{}",
        "other=session={}",
        'other="; session={}"',
        "session,session={}",
    ],
)
def test_session_08_a_cookie_of_another_name_is_another_cookie(target: SessionTarget, line: str) -> None:
    target.assert_stranger(("cookie", line.format(target.login("7"))), statuses=(401,))


def test_session_08_very_many_cookies_are_no_trouble(target: SessionTarget) -> None:
    good = target.login("7")
    target.assert_lets_in("7", ("cookie", "session=a.b.c; " * 4000 + f"session={good}"))
    target.assert_stranger(("cookie", "session=" + "a" * 60_000))
    target.assert_stranger(("cookie", ";" * 60_000), statuses=(401,))


def test_session_10_the_cookie_of_a_login_over_https_has_every_flag(target: SessionTarget) -> None:
    (line,) = target.ask("/login/7", method="POST", scheme="https").all("set-cookie")
    _, *attributes = line.split("; ")
    assert set(attributes) == {"Max-Age=1209600", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"}


def test_session_10_a_refusal_or_a_page_without_a_session_sets_no_cookie(target: SessionTarget) -> None:
    assert target.assert_stranger().all("set-cookie") == []
    assert target.ask("/session").all("set-cookie") == []


@pytest.mark.parametrize(
    "options",
    [
        {"same_site": "none", "secure": False},
        {"same_site": "None"},
        {"same_site": "Lax"},
        {"same_site": "off"},
        {"same_site": None},
        {"same_site": ""},
        {"cookie_name": "__Host-session", "path": "/app"},
        {"cookie_name": "__Host-session", "domain": "example.com"},
        {"cookie_name": "__Host-session", "secure": False},
        {"cookie_name": "__Secure-session", "secure": False},
        {"cookie_name": ""},
        {"cookie_name": "a b"},
        {"cookie_name": "a=b"},
        {"cookie_name": "a;b"},
        {"cookie_name": "a\r\nb"},
        {"cookie_name": None},
        {"path": "app"},
        {"path": "/; Domain=example.com"},
        {"path": "/\r\nSet-Cookie: x=1"},
        {"path": None},
        {"domain": ""},
        {"domain": "example.com; HttpOnly"},
        {"domain": "example.com\r\n"},
        {"secure": "yes"},
        {"secure": None},
        {"max_age": 3600},
        {"max_age": datetime.timedelta(0)},
        {"max_age": datetime.timedelta(seconds=-1)},
        {"max_age": None},
        {"idle_timeout": 60},
        {"idle_timeout": datetime.timedelta(0)},
        {"trusted_origins": "https://app.example"},
        {"trusted_origins": ["app.example"]},
        {"trusted_origins": ["*"]},
        {"trusted_origins": ["null"]},
        {"trusted_origins": ["https://app.example/path"]},
        {"trusted_origins": ["https://app.example:x"]},
        {"trusted_origins": [None]},
    ],
    ids=repr,
)
def test_session_11_settings_that_do_not_fit_are_an_error_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        SessionMiddleware(**options)
    (name, *_) = options
    assert name in str(caught.value) or "cookie" in str(caught.value)


ORIGINS = [
    "https://evil.example",
    "http://testserver.evil.example",
    "http://eviltestserver",
    "http://testserver:8000",
    "http://testserver@evil.example",
    "http://testserver:80@evil.example",
    "http://testserver.",
    "null",
    "",
    "testserver",
    "//testserver",
    "file://",
    "chrome-extension://testserver",
    "javascript:testserver",
    "http://",
    "http://[::1",
    "http://testserver:99999999999",
    "http://testserver:x",
    "\xff",
    "http://test\u0131server".encode().decode("latin-1"),
]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "LINK", "post"])
@pytest.mark.parametrize(
    "site", ["cross-site", "same-site", "Same-Origin", "same-origin ", "", "x", "none, none"]
)
def test_session_13_an_unsafe_request_of_another_site_is_refused(
    target: SessionTarget, method: str, site: str
) -> None:
    value = target.login("7")
    answer = target.assert_stranger(cookie(value), ("sec-fetch-site", site), method=method, statuses=(403,))
    assert answer.one("content-type") == "application/problem+json"
    assert answer.all("set-cookie") == []


@pytest.mark.parametrize("origin", ORIGINS, ids=ascii)
def test_session_13_an_unsafe_request_of_another_origin_is_refused(
    target: SessionTarget, origin: str
) -> None:
    value = target.login("7")
    target.assert_stranger(cookie(value), ("origin", origin), method="POST", statuses=(403,))
    target.assert_lets_in("7", cookie(value), ("origin", "http://testserver"), method="POST")
    target.assert_lets_in("7", cookie(value), ("origin", "http://testserver:80"), method="POST")


def test_session_13_a_logout_that_another_site_sends_logs_nobody_out(target: SessionTarget) -> None:
    value = target.login("7")
    assert target.ask("/logout", method="POST", headers=[cookie(value), CROSS_SITE]).status == 403
    target.assert_lets_in("7", cookie(value))


def test_session_13_another_site_logs_nobody_in(target: SessionTarget) -> None:
    answer = target.ask("/login/mallory", method="POST", headers=[CROSS_SITE])
    assert (answer.status, answer.all("set-cookie")) == (403, [])
    target.stored.append(("cart", [1]))
    answer = target.ask("/store", method="POST", headers=[("origin", "https://evil.example")])
    assert (answer.status, answer.all("set-cookie")) == (403, [])


def test_session_13_a_trusted_origin_is_let_in_and_no_other_like_it(clock: Clock) -> None:
    target = SessionTarget(clock=clock, trusted_origins=["https://app.example"])
    value = target.login("7")
    target.assert_lets_in("7", cookie(value), ("origin", "https://app.example"), CROSS_SITE, method="POST")
    for origin in (
        "http://app.example",
        "https://app.example:8443",
        "https://x.app.example",
        "https://app.example.",
    ):
        target.assert_stranger(cookie(value), ("origin", origin), method="POST", statuses=(403,))


def test_session_14_what_the_browser_says_of_the_site_decides(target: SessionTarget) -> None:
    value = target.login("7")
    foreign: Header = ("origin", "https://evil.example")
    # No page can set Sec-Fetch-Site, and a proxy that changes Host makes our own Origin look foreign.
    target.assert_lets_in("7", cookie(value), ("sec-fetch-site", "same-origin"), foreign, method="POST")
    target.assert_stranger(
        cookie(value), CROSS_SITE, ("origin", "http://testserver"), method="POST", statuses=(403,)
    )


@pytest.mark.parametrize(
    "twice",
    [
        [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-origin")],
        [("origin", "http://testserver"), ("origin", "http://testserver")],
        [("origin", "https://evil.example"), ("origin", "http://testserver")],
        [("origin", "http://testserver"), ("origin", "https://evil.example")],
        [("sec-fetch-site", "same-origin"), ("origin", "http://testserver"), ("origin", "http://testserver")],
        [("sec-fetch-site", "same-origin, cross-site")],
        [("origin", "http://testserver, https://evil.example")],
        [("origin", "http://testserver"), ("host", "testserver"), ("host", "evil.example")],
    ],
    ids=repr,
)
def test_session_14_a_header_that_comes_twice_is_refused(target: SessionTarget, twice: list[Header]) -> None:
    value = target.login("7")
    target.assert_stranger(cookie(value), *twice, method="POST", statuses=(403,))


def test_session_16_nothing_of_the_first_person_is_left_after_the_second_logs_in(
    target: SessionTarget,
) -> None:
    first = target.login("ada")
    target.stored.append(("second_factor", "passed"))
    first = cookie_value(target.ask("/store", method="POST", headers=[cookie(first)]))
    second = target.login("bob", cookie(first))
    target.assert_lets_in("bob", cookie(second))
    assert target.ask("/session", headers=[cookie(second)]).json() == {"user": {"id": "bob"}}
    stranger_with(target, first)


def test_session_16_who_logs_in_again_keeps_the_data(target: SessionTarget) -> None:
    first = target.login("ada")
    target.stored.append(("cart", [1]))
    first = cookie_value(target.ask("/store", method="POST", headers=[cookie(first)]))
    second = target.login("ada", cookie(first))
    assert target.ask("/session", headers=[cookie(second)]).json() == {"cart": [1], "user": {"id": "ada"}}
    stranger_with(target, first)


def test_session_16_every_cookie_of_a_session_is_dead_after_the_logout(target: SessionTarget) -> None:
    values = [target.login("7")]
    for number in range(3):
        target.stored.append(("n", number))
        values.append(cookie_value(target.ask("/store", method="POST", headers=[cookie(values[-1])])))
    assert target.ask("/logout", method="POST", headers=[cookie(values[1])]).json() == {"identity": ""}
    for value in values:
        stranger_with(target, value)


NOT_JSON: list[tuple[Any, str]] = [
    ({1, 2}, "set"),
    (b"bytes", "bytes"),
    (bytearray(b"bytes"), "bytearray"),
    (datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), "datetime"),
    (datetime.timedelta(1), "timedelta"),
    (decimal.Decimal(1), "Decimal"),
    (float("nan"), "nan"),
    (float("inf"), "inf"),
    (object(), "object"),
    (print, "builtin"),
    (1j, "complex"),
    ({1: "one"}, "dict"),
    ({("a",): 1}, "dict"),
    ("\ud800", "str"),
    ({"\udfff": 1}, "dict"),
    (msgspec.Raw(b'{"id":"8"}'), "Raw"),
]


@pytest.mark.parametrize("nested", [False, True], ids=["itself", "inside a list"])
@pytest.mark.parametrize(("value", "kind"), NOT_JSON, ids=lambda value: ascii(value)[:30])
def test_session_17_data_that_is_no_json_is_an_error_and_the_session_stays(
    target: SessionTarget, log: pytest.LogCaptureFixture, value: Any, kind: str, nested: bool
) -> None:
    session = target.login("7")
    target.stored.append(("thing", [value] if nested else value))
    answer = target.ask("/store", method="POST", headers=[cookie(session)])
    assert (answer.status, answer.all("set-cookie")) == (500, [])
    assert "thing" in log.text
    assert kind in log.text
    target.assert_lets_in("7", cookie(session))
    assert target.ask("/session", headers=[cookie(session)]).json() == {"user": {"id": "7"}}


def test_session_17_what_is_put_into_a_list_of_the_session_is_looked_at_as_well(
    target: SessionTarget, log: pytest.LogCaptureFixture
) -> None:
    things: list[Any] = []
    session = target.login("7")
    late = {"set": {1}, "text": "\ud800", "number": float("nan"), "deep": None}

    @target.app.post("/late/{name}")
    async def store(request: Any, response: Any, name: str) -> dict[str, Any]:
        request.session["things"] = things
        value: Any = late[name]
        if name == "deep":
            for _ in range(3000):
                value = [value]
        things.append(value)
        return {}

    for name in late:
        things.clear()
        answer = target.ask(f"/late/{name}", method="POST", headers=[cookie(session)])
        assert (answer.status, answer.all("set-cookie")) == (500, []), name
        assert "session['things']" in log.text
        log.clear()
        target.assert_lets_in("7", cookie(session))


def test_session_17_whole_numbers_of_any_size_come_back_as_they_were(target: SessionTarget) -> None:
    session = target.login("7")
    for number in (2**53 + 1, 2**63, 2**64, -(2**64), 10**30, 10**300):
        target.stored.append(("n", number))
        stored = cookie_value(target.ask("/store", method="POST", headers=[cookie(session)]))
        assert target.ask("/session", headers=[cookie(stored)]).json()["n"] == number


@pytest.mark.parametrize("size", [3_000, 4_096, 100_000, 5_000_000])
def test_session_19_data_that_no_cookie_holds_is_an_error_and_the_session_stays(
    target: SessionTarget, log: pytest.LogCaptureFixture, size: int
) -> None:
    session = target.login("7")
    target.stored.append(("thing", "x" * size))
    answer = target.ask("/store", method="POST", headers=[cookie(session)])
    assert (answer.status, answer.all("set-cookie")) == (500, [])
    assert "bytes as a cookie" in log.text
    assert "store less" in log.text
    assert "xxx" not in log.text
    target.assert_lets_in("7", cookie(session))


def test_session_19_the_largest_session_fits_into_what_a_browser_keeps(target: SessionTarget) -> None:
    session = target.login("7")
    largest = 0
    for size in range(2_500, 3_000, 10):
        target.stored.append(("thing", "x" * size))
        answer = target.ask("/store", method="POST", headers=[cookie(session)], scheme="https")
        if answer.status == 200:
            (line,) = answer.all("set-cookie")
            largest = max(largest, len(line))
    assert 3_900 < largest <= 4_096


@pytest.mark.parametrize("denials", [True, False])
@pytest.mark.parametrize(
    "foreign",
    [
        [("origin", "https://evil.example")],
        [("origin", "null")],
        [("origin", "http://testserver"), ("origin", "http://testserver")],
        [CROSS_SITE],
        [("sec-fetch-site", "same-site"), ("origin", "http://testserver")],
    ],
    ids=repr,
)
def test_session_13_a_websocket_that_another_site_opens_is_refused_before_it_is_accepted(
    target: SessionTarget, foreign: list[Header], denials: bool
) -> None:
    ran: list[str] = []

    @target.app.websocket_route("/ws")
    @auth()
    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        ran.append(websocket.user.identity)
        await websocket.close()

    value = target.login("7")
    sent = knock(target.app, "/ws", headers=[cookie(value), *foreign], denials=denials)
    assert sent[0]["type"] == ("websocket.http.response.start" if denials else "websocket.close")
    assert sent[0].get("status", 403) == 403
    assert ran == []
    for own in ([], [("origin", "http://testserver")], [("sec-fetch-site", "same-origin")]):
        assert knock(target.app, "/ws", headers=[cookie(value), *own])[0]["type"] == "websocket.accept"
    assert ran == ["7"] * 3
