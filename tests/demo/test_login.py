"""Logging in and out of the demo."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from pwdlib import PasswordHash
from starlette.testclient import TestClient

from nexios.demo.app import COOKIE_NAME

LogIn = Callable[[str], None]

BOB = {"username": "bob", "password": "builder-of-bridges"}


def test_a_login_begins_a_session_and_leads_to_the_page(client: TestClient) -> None:
    answer = client.post("/login", json=BOB)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE_NAME}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/profile").json()["message"] == "Welcome back, Bob!"


def test_the_session_shows_what_it_holds(client: TestClient, log_in: LogIn) -> None:
    assert client.get("/session").json() == {"user": None, "session": {}}
    log_in("Ada")
    shown = client.get("/session").json()
    assert shown["user"] == {"id": "1", "name": "Ada", "permissions": ["admin"]}
    assert shown["session"]["user"] == {"id": "1"}
    assert shown["session"]["logged_in_at"] > 0


def test_another_login_leaves_nothing_of_the_first_person(client: TestClient, log_in: LogIn) -> None:
    log_in("Ada")
    log_in("Bob")
    assert client.get("/session").json()["user"]["name"] == "Bob"
    assert client.get("/admin").status_code == 403


def test_a_logout_ends_the_session_also_for_whoever_kept_the_cookie(
    client: TestClient, log_in: LogIn
) -> None:
    log_in("Bob")
    kept = {"Cookie": f"{COOKIE_NAME}={client.cookies[COOKIE_NAME]}"}
    assert client.post("/logout").status_code == 204
    assert client.post("/logout").status_code == 204
    assert client.get("/profile").status_code == 401
    assert client.get("/profile", headers=kept).status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({**BOB, "password": "builder-of-bridge"}, id="wrong password"),
        pytest.param({**BOB, "password": "notes-on-the-engine"}, id="another's password"),
        pytest.param({**BOB, "username": "eve"}, id="nobody of that name"),
        pytest.param({**BOB, "username": "BOB"}, id="another case"),
        pytest.param({**BOB, "username": "2"}, id="the identity in place of the name"),
        pytest.param({**BOB, "username": "bob' OR '1'='1"}, id="SQL"),
        pytest.param({**BOB, "username": "bob\x00"}, id="NUL"),
    ],
)
def test_whoever_does_not_know_the_password_stays_outside(client: TestClient, fields: dict[str, str]) -> None:
    answer = client.post("/login", json=fields)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Cookie realm="nexios-demo"'
    assert answer.json()["detail"] == "The name or the password is wrong."
    assert "set-cookie" not in answer.headers
    assert client.get("/session").json()["user"] is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"username=bob&password=builder-of-bridges", id="a form"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no field"),
        pytest.param(b'{"username": "bob"}', id="no password"),
        pytest.param(b'{"username": "bob", "password": ""}', id="an empty password"),
        pytest.param(b'{"username": "bob", "password": 7}', id="a number"),
        pytest.param(b'{"username": ["bob"], "password": "x"}', id="a list of names"),
        pytest.param(b'{"username": "bob", "password": "' + b"x" * 201 + b'"}', id="too long"),
        pytest.param(b'{"username": "bob", "password": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"username": "bob", "password": "\\ud800"}', id="half a letter"),
    ],
)
def test_a_login_that_cannot_be_read_is_the_clients_mistake(client: TestClient, body: bytes) -> None:
    assert client.post("/login", content=body).status_code == 415
    answer = client.post("/login", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("username", ["bob", "eve"])
def test_a_password_is_verified_beside_the_event_loop_also_for_nobody(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, username: str
) -> None:
    verified: list[tuple[str, str]] = []
    verify = PasswordHash.verify

    def noted(hasher: PasswordHash, password: str, stored: str) -> bool:
        verified.append((threading.current_thread().name, stored[:9]))
        return verify(hasher, password, stored)

    monkeypatch.setattr(PasswordHash, "verify", noted)
    assert client.post("/login", json={"username": username, "password": "wrong"}).status_code == 401
    [(thread, kind)] = verified
    assert "AnyIO worker" in thread
    assert kind == "$argon2id"


def test_a_login_that_another_site_sends_is_refused(client: TestClient) -> None:
    answer = client.post("/login", json=BOB, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "wanted",
    ["/", "/profile", "/profile?a=b&c=%20d", "/a//b", "/login?next=/profile"],
)
def test_a_login_leads_to_the_local_path_that_was_wanted(client: TestClient, wanted: str) -> None:
    answer = client.post("/login", params={"next": wanted}, json=BOB)
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)


@pytest.mark.parametrize(
    "query",
    [
        *(
            "//evil.example",
            "///evil.example",
            "%2F%2Fevil.example",
            "https://evil.example",
            "https:evil.example",
        ),
        *("HTTPS:/evil.example", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x"),
        *(
            "/\\evil.example",
            "/%5Cevil.example",
            "\\\\evil.example",
            "/%255Cevil.example",
            "/%252Fevil.example",
        ),
        *("/%0d%0aSet-Cookie:%20a=b", "/%0aevil", "/%250d%250aSet-Cookie:a=b", "%0d%0a//evil.example"),
        *(
            "/%09/evil.example",
            "/%00",
            "/%C2%A0",
            "/%E3%80%82",
            "evil.example",
            "%20//evil.example",
            "",
            "@evil",
        ),
    ],
)
def test_http_08_a_login_leads_nowhere_else(client: TestClient, query: str) -> None:
    answer = client.post(f"/login?next={query}", json=BOB)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert set(answer.cookies) == {COOKIE_NAME}


def test_an_answer_holds_no_password_and_no_hash_of_one(client: TestClient, log_in: LogIn) -> None:
    log_in("Bob")
    answers: list[Any] = [
        client.get(path) for path in ("/session", "/profile", "/admin", "/api/keys", "/code")
    ]
    for answer in answers:
        assert "argon2" not in answer.text
        assert BOB["password"] not in answer.text
