"""Tokens and keys that the demo hands out."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios.auth.backends.apikey import hash_key
from nexios.auth.backends.jwt import decode_jwt
from nexios.demo.app import create_app

LogIn = Callable[[str], None]


def make_key(client: TestClient, **body: Any) -> Any:
    answer = client.post("/api/keys", json={"name": "ci", **body})
    assert answer.status_code == 201
    return answer.json()


@pytest.mark.parametrize(("query", "seconds"), [("", 300), ("?seconds=15", 15), ("?seconds=3600", 3600)])
def test_a_token_names_who_asked_and_expires(
    client: TestClient, folder: Path, log_in: LogIn, query: str, seconds: int
) -> None:
    log_in("Bob")
    token = client.post(f"/token{query}").json()["token"]
    claims = decode_jwt(token, (folder / "secret").read_text(), ["HS256"])
    assert claims["id"] == "2"
    assert claims["name"] == "Bob"
    assert claims["iss"] == "nexios-demo"
    assert claims["exp"] - claims["iat"] == seconds
    assert abs(claims["iat"] - time.time()) < 60


@pytest.mark.parametrize("seconds", ["", "0", "-1", "16", "99999999", "abc", "15.0", "\uff11\uff15"])
def test_a_lifetime_that_is_not_offered_is_a_bad_request(
    client: TestClient, log_in: LogIn, seconds: str
) -> None:
    log_in("Bob")
    assert client.post("/token", params={"seconds": seconds}).status_code == 422


def test_a_key_is_told_once_and_stored_as_its_hash(client: TestClient, folder: Path, log_in: LogIn) -> None:
    log_in("Ada")
    answer = client.post("/api/keys", json={"name": "ci"})
    assert answer.status_code == 201
    made = answer.json()
    [listed] = client.get("/api/keys").json()["keys"]
    assert listed["hint"] == made["key"][-4:]
    assert made["key"] not in client.get("/api/keys").text
    with closing(sqlite3.connect(folder / "demo.db")) as database:
        dump = "\n".join(database.iterdump())
    assert hash_key(made["key"]) in dump
    assert made["key"] not in dump


def test_a_list_shows_what_a_key_may_until_when_and_when_it_was_used(
    client: TestClient, log_in: LogIn, folder: Path
) -> None:
    log_in("Ada")
    made = make_key(client, name="ci", permissions=[], expires_in=3600)
    [listed] = client.get("/api/keys").json()["keys"]
    assert (listed["name"], listed["permissions"], listed["last_used_at"]) == ("ci", [], None)
    made_at, ends_at = (datetime.fromisoformat(listed[name]) for name in ("created_at", "expires_at"))
    assert ends_at - made_at == timedelta(hours=1)
    assert client.get("/api/data", headers={"X-API-Key": made["key"]}).status_code == 200
    # Uses are written in batches: at the latest when the application stops.
    client.__exit__()
    with TestClient(create_app(folder), cookies=client.cookies) as again:
        [listed] = again.get("/api/keys").json()["keys"]
    assert datetime.fromisoformat(listed["last_used_at"]) >= made_at


def test_a_key_may_no_more_than_it_was_given(client: TestClient, log_in: LogIn) -> None:
    log_in("Ada")
    wide, narrow = (make_key(client, permissions=given)["key"] for given in (None, []))
    assert client.get("/admin", headers={"X-API-Key": wide}).status_code == 200
    client.cookies.clear()
    assert client.get("/admin", headers={"X-API-Key": narrow}).status_code == 403
    assert client.get("/profile", headers={"X-API-Key": narrow}).status_code == 200


def test_nobody_makes_a_key_that_may_more_than_they(client: TestClient, log_in: LogIn) -> None:
    log_in("Bob")
    assert client.post("/api/keys", json={"name": "ci", "permissions": ["admin"]}).status_code == 403
    assert client.get("/api/keys").json()["keys"] == []


def test_a_key_that_is_replaced_is_good_for_half_a_minute_more(client: TestClient, log_in: LogIn) -> None:
    log_in("Ada")
    old = make_key(client)
    new = client.post(f"/api/keys/{old['id']}/rotate").json()
    [newest, replaced] = client.get("/api/keys").json()["keys"]
    assert newest["id"] == replaced["replaced_by"] == new["id"]
    ends, made = (datetime.fromisoformat(text) for text in (replaced["expires_at"], newest["created_at"]))
    assert ends - made == timedelta(seconds=30)
    for key in (old, new):
        assert client.get("/api/data", headers={"X-API-Key": key["key"]}).status_code == 200


def test_a_revoked_key_is_dead(client: TestClient, log_in: LogIn) -> None:
    log_in("Ada")
    made = make_key(client)
    header = {"X-API-Key": made["key"]}
    assert client.get("/api/data", headers=header).status_code == 200
    assert client.delete(f"/api/keys/{made['id']}").status_code == 204
    assert client.get("/api/data", headers=header).status_code == 401
    assert client.get("/api/keys").json()["keys"] == []


def test_nobody_sees_rotates_or_revokes_the_key_of_another(client: TestClient, log_in: LogIn) -> None:
    log_in("Ada")
    made = make_key(client)
    log_in("Bob")
    assert client.get("/api/keys").json()["keys"] == []
    assert client.post(f"/api/keys/{made['id']}/rotate").status_code == 404
    assert client.delete(f"/api/keys/{made['id']}").status_code == 404
    assert client.get("/api/data", headers={"X-API-Key": made["key"]}).json()["user"] == "Ada"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", "/token"), ("POST", "/api/keys"), ("GET", "/api/keys"), ("DELETE", "/api/keys/1")),
        *(("POST", "/api/keys/1/rotate"), ("GET", "/sessions"), ("DELETE", "/sessions")),
        ("DELETE", "/sessions/1"),
    ],
)
def test_a_token_or_key_begets_no_other_and_ends_no_session(
    client: TestClient, log_in: LogIn, method: str, path: str
) -> None:
    log_in("Ada")
    token = {"Authorization": f"Bearer {client.post('/token').json()['token']}"}
    key = {"X-API-Key": make_key(client)["key"]}
    client.cookies.clear()
    for header in ({}, token, key):
        answer = client.request(method, path, headers=header)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Cookie realm="nexios-demo"'


def test_a_token_outlives_the_logout(client: TestClient, log_in: LogIn) -> None:
    log_in("Bob")
    token = {"Authorization": f"Bearer {client.post('/token').json()['token']}"}
    client.post("/logout")
    assert client.get("/profile", headers=token).json()["credential"] == "jwt"
