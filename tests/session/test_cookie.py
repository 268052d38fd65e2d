"""The cookie: its flags, and that no other one is believed."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import itsdangerous
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from nexios.exceptions import ConfigError
from nexios.session import SessionMiddleware
from tests.parts import OTHER_SECRET, SECRET, Clock
from tests.session.apps import is_in, kept, session_app
from tests.session.sources import signed_only

DAYS = 14 * 24 * 3600


def set_cookie(options: dict[str, Any], base_url: str = "http://testserver") -> str:
    answer = TestClient(session_app(**options), base_url=base_url).post("/keep/a/1")
    return str(answer.headers["set-cookie"])


@pytest.mark.parametrize(
    ("options", "scheme", "attributes"),
    [
        ({}, "http", f"Max-Age={DAYS}; Path=/; HttpOnly; SameSite=Lax"),
        ({}, "https", f"Max-Age={DAYS}; Path=/; HttpOnly; SameSite=Lax; Secure"),
        ({"secure": True}, "http", f"Max-Age={DAYS}; Path=/; HttpOnly; SameSite=Lax; Secure"),
        ({"secure": False}, "https", f"Max-Age={DAYS}; Path=/; HttpOnly; SameSite=Lax"),
        ({"same_site": "strict"}, "http", f"Max-Age={DAYS}; Path=/; HttpOnly; SameSite=Strict"),
        ({"same_site": "none"}, "http", f"Max-Age={DAYS}; Path=/; HttpOnly; SameSite=None; Secure"),
        ({"path": "/app"}, "http", f"Max-Age={DAYS}; Path=/app; HttpOnly; SameSite=Lax"),
        (
            {"domain": "example.org"},
            "http",
            f"Max-Age={DAYS}; Path=/; HttpOnly; SameSite=Lax; Domain=example.org",
        ),
        ({"max_age": timedelta(hours=1)}, "http", "Max-Age=3600; Path=/; HttpOnly; SameSite=Lax"),
        (
            {"cookie_name": "__Host-session"},
            "http",
            f"Max-Age={DAYS}; Path=/; HttpOnly; SameSite=Lax; Secure",
        ),
        (
            {"cookie_name": "__Secure-session", "domain": "example.org"},
            "http",
            f"Max-Age={DAYS}; Path=/; HttpOnly; SameSite=Lax; Domain=example.org; Secure",
        ),
    ],
)
def test_the_cookie_has_the_flags_that_were_set(
    options: dict[str, Any], scheme: str, attributes: str
) -> None:
    name, _, rest = set_cookie(options, f"{scheme}://testserver").partition("=")
    value, _, found = rest.partition("; ")
    assert name == options.get("cookie_name", "session")
    assert value
    assert found == attributes


@pytest.mark.parametrize(
    "options", [{}, {"secure": True, "path": "/x", "domain": "example.org", "same_site": "strict"}]
)
def test_the_cookie_is_deleted_with_the_flags_it_was_set_with(options: dict[str, Any]) -> None:
    client = TestClient(session_app(**options))
    answer = client.post("/logout", headers={"cookie": "session=x"})
    deleted = answer.headers["set-cookie"]
    kept_flags = set_cookie(options).split("; ")[2:]
    assert deleted.split("; ")[:3] == ["session=", "Max-Age=0", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"]
    assert deleted.split("; ")[3:] == kept_flags


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"cookie_name": ""}, "is no cookie name: use letters, digits, - and _"),
        ({"cookie_name": "a b"}, "is no cookie name"),
        ({"cookie_name": "a;b"}, "is no cookie name"),
        ({"cookie_name": "a=b"}, "is no cookie name"),
        ({"cookie_name": None}, "is no cookie name"),
        ({"same_site": "Lax"}, 'same_site must be "lax", "strict" or "none", not \'Lax\''),
        ({"same_site": None}, "same_site must be"),
        ({"secure": "yes"}, "secure must be True, False or \"auto\", not 'yes'"),
        ({"secure": None}, "secure must be True"),
        ({"max_age": 3600}, "max_age must be a timedelta of a second or more"),
        ({"max_age": None}, "max_age must be a timedelta of a second or more"),
        ({"max_age": timedelta(0)}, "max_age must be a timedelta of a second or more"),
        ({"max_age": timedelta(milliseconds=999)}, "max_age must be a timedelta of a second or more"),
        ({"max_age": timedelta(days=4_000_000)}, "max_age must be at most a hundred years"),
        ({"idle_timeout": timedelta.max}, "idle_timeout must be at most a hundred years"),
        ({"idle_timeout": 60}, "idle_timeout must be a timedelta of a second or more"),
        ({"idle_timeout": timedelta(seconds=-1)}, "idle_timeout must be a timedelta"),
        ({"path": "app"}, "path 'app' must begin with /"),
        ({"path": "/a; Domain=x"}, "must begin with / and hold neither blanks nor semicolons"),
        ({"path": None}, "path None must begin with /"),
        ({"domain": ""}, "domain '' is no domain"),
        ({"domain": "a; b"}, "domain 'a; b' is no domain"),
        ({"domain": 7}, "domain 7 is no domain"),
        ({"same_site": "none", "secure": False}, 'same_site="none" needs secure=True'),
        ({"cookie_name": "__Host-a", "path": "/x"}, 'a "__Host-" cookie needs secure=True, path="/"'),
        ({"cookie_name": "__Host-a", "domain": "example.org"}, 'a "__Host-" cookie needs'),
        ({"cookie_name": "__Host-a", "secure": False}, 'a "__Host-" cookie needs'),
        ({"cookie_name": "__Secure-a", "secure": False}, 'a "__Secure-" cookie needs secure=True'),
        ({"trusted_origins": "https://a.example"}, "trusted_origins is a list"),
        ({"trusted_origins": ["a.example"]}, "'a.example' is no origin; write scheme and host alone"),
        ({"trusted_origins": ["https://a.example/"]}, "is no origin"),
        ({"trusted_origins": ["https://a.example/x"]}, "is no origin"),
        ({"trusted_origins": ["ftp://a.example"]}, "is no origin"),
        ({"trusted_origins": ["*"]}, "'*' is no origin"),
        ({"trusted_origins": ["null"]}, "'null' is no origin"),
        ({"trusted_origins": ["https://"]}, "is no origin"),
        ({"trusted_origins": ["https://[a"]}, "is no origin"),
        ({"trusted_origins": [None]}, "None is no origin"),
        ({"trusted_origins": [b"https://a.example"]}, "is no origin"),
    ],
    ids=lambda value: repr(value) if isinstance(value, dict) else "",
)
@signed_only
def test_settings_that_do_not_fit_are_refused_at_once(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        SessionMiddleware(**options)
    assert mend in str(raised.value)


def test_its_repr_names_the_cookie() -> None:
    assert repr(SessionMiddleware(cookie_name="mine")) == "SessionMiddleware(cookie_name='mine')"


def fresh_cookie(app: Any) -> str:
    client = TestClient(app)
    client.post("/login/ada")
    return str(client.cookies["session"])


@signed_only
def test_a_cookie_of_another_secret_is_not_believed() -> None:
    assert not is_in(session_app(), fresh_cookie(session_app(OTHER_SECRET)))


def test_a_cookie_is_good_in_another_process_with_the_same_secret() -> None:
    assert is_in(session_app(), fresh_cookie(session_app()))


@given(st.data())
def test_a_changed_cookie_is_not_believed(data: st.DataObject) -> None:
    app = session_app()
    cookie = fresh_cookie(app)
    place = data.draw(st.integers(0, len(cookie) - 1))
    letter = data.draw(st.sampled_from("abcXYZ019-_.=+/ "))
    changed = cookie[:place] + letter + cookie[place + 1 :]
    if changed.strip() != cookie:
        assert not is_in(app, changed)
        assert kept(app, changed) == {}


@pytest.mark.parametrize("cut", [1, 2, 10, 43, 60])
def test_a_cookie_that_was_cut_or_lengthened_is_not_believed(cut: int) -> None:
    app = session_app()
    cookie = fresh_cookie(app)
    for changed in (cookie[:-cut], cookie[cut:], cookie + "A" * cut, cookie + "." * cut):
        assert not is_in(app, changed)


def signed(payload: bytes, secret: str = SECRET, salt: str = "nexios.session.session") -> str:
    signer = itsdangerous.TimestampSigner(
        secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256
    )
    return signer.sign(itsdangerous.encoding.base64_encode(payload)).decode()


GOOD = b'{"id":"%s","at":%d,"data":{"user":{"id":"ada"}}}'


def now() -> int:
    import time

    return int(time.time())


@signed_only
def test_what_the_right_key_signed_for_sessions_is_believed() -> None:
    assert is_in(session_app(), signed(GOOD % (b"i" * 24, now())))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"not json",
        b'{"id":"x","data":{}}',
        b'{"id":7,"at":1,"data":{}}',
        b'{"id":"x","at":"1","data":{}}',
        b'{"id":"x","at":-5,"data":{"user":{"id":"ada"}}}',
        b'{"id":"x","at":1e300,"data":{"user":{"id":"ada"}}}',
        b'{"id":"x","at":99999999999999,"data":{"user":{"id":"ada"}}}',
        b'{"id":"x","at":1,"data":[]}',
        b'{"id":"x","at":1,"data":"text"}',
        b'{"id":"x","at":1,"data":null}',
        b'{"id":"x","at":1,"data":{},"more":1}',
        b"[" * 1500,
    ],
)
@signed_only
def test_what_is_signed_but_is_no_session_of_ours_is_not_believed(payload: bytes) -> None:
    app = session_app()
    assert not is_in(app, signed(payload))
    assert kept(app, signed(payload)) == {}


@pytest.mark.parametrize(
    ("secret", "salt"), [(SECRET, "other.salt"), (SECRET, ""), (OTHER_SECRET, "nexios.session.session")]
)
@signed_only
def test_what_was_signed_for_something_else_is_not_believed(secret: str, salt: str) -> None:
    assert not is_in(session_app(), signed(GOOD % (b"i" * 24, now()), secret, salt))


def test_of_two_live_sessions_none_is_believed() -> None:
    app = session_app()
    one, two = fresh_cookie(app), fresh_cookie(app)
    client = TestClient(app)
    for line, expected in [
        (f"session={one}", 200),
        (f"session={one}; session={two}", 401),
        (f"session={one}; session={one}", 200),
        (f"session={one}; session=rubbish", 200),
        (f"session=; session={one}", 200),
        (f"other={two}; session={one}; more=1", 200),
        (f"sessio={one}", 401),
        (f"Session={one}", 401),
        (f"xsession={one}", 401),
        (f'session="{one}"', 401),
        (one, 401),
    ]:
        assert client.get("/me", headers={"cookie": line}).status_code == expected, line


def test_an_old_cookie_beside_the_present_one_does_not_bring_it_down(clock: Clock) -> None:
    app = session_app(clock=clock)
    client = TestClient(app)
    client.post("/login/ada")
    dead = client.cookies["session"]
    client.post("/renew")
    alive = client.cookies["session"]
    answer = TestClient(app).get("/me", headers={"cookie": f"session={dead}; session={alive}"})
    assert answer.json()["user"] == "ada"


@signed_only
def test_a_changed_session_keeps_its_id_so_that_an_older_cookie_of_it_still_lets_in() -> None:
    app = session_app()
    client = TestClient(app)
    client.post("/login/ada")
    before = client.cookies["session"]
    client.post("/keep/a/1")
    assert is_in(app, before)
    assert kept(app, before) == {"user": {"id": "ada"}}


@signed_only
def test_an_older_cookie_is_idle_whatever_a_newer_one_does(clock: Clock) -> None:
    app = session_app(clock=clock, idle_timeout=timedelta(minutes=10))
    client = TestClient(app)
    client.post("/login/ada")
    cookie = client.cookies["session"]
    clock.turn(minutes=9, seconds=59)
    assert is_in(app, cookie)
    clock.turn(seconds=3)
    assert not is_in(app, cookie)
