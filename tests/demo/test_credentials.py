"""Tokens and keys that the demo hands out."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nexios.auth.backends.apikey import verify_key
from nexios.auth.backends.jwt import decode_jwt

LogIn = Callable[[str], None]


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
    answer = client.post("/api/keys")
    assert answer.status_code == 201
    made = answer.json()
    assert verify_key(made["api_key"], made["stored_hash"])
    [listed] = client.get("/api/keys").json()
    assert set(listed) == {"id", "hint", "created_at"}
    assert listed["hint"] == made["api_key"][:8]
    assert made["api_key"] not in client.get("/api/keys").text
    with closing(sqlite3.connect(folder / "demo.db")) as database:
        dump = "\n".join(database.iterdump())
    assert made["stored_hash"] in dump
    assert made["api_key"] not in dump


def test_keys_are_listed_the_newest_first(client: TestClient, log_in: LogIn) -> None:
    log_in("Ada")
    ids = [client.post("/api/keys").json()["id"] for _ in range(3)]
    assert [key["id"] for key in client.get("/api/keys").json()] == ids[::-1]


def test_a_deleted_key_is_dead(client: TestClient, log_in: LogIn) -> None:
    log_in("Ada")
    made = client.post("/api/keys").json()
    header = {"X-API-Key": made["api_key"]}
    assert client.get("/api/data", headers=header).status_code == 200
    assert client.delete(f"/api/keys/{made['id']}").status_code == 204
    assert client.get("/api/data", headers=header).status_code == 401
    assert client.delete(f"/api/keys/{made['id']}").status_code == 404
    assert client.get("/api/keys").json() == []


def test_nobody_sees_or_deletes_the_key_of_another(client: TestClient, log_in: LogIn) -> None:
    log_in("Ada")
    made = client.post("/api/keys").json()
    log_in("Bob")
    assert client.get("/api/keys").json() == []
    assert client.delete(f"/api/keys/{made['id']}").status_code == 404
    assert client.get("/api/data", headers={"X-API-Key": made["api_key"]}).json()["user"] == "Ada"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/token"), ("POST", "/api/keys"), ("GET", "/api/keys"), ("DELETE", "/api/keys/1")],
)
def test_a_token_or_key_begets_no_other(client: TestClient, log_in: LogIn, method: str, path: str) -> None:
    log_in("Ada")
    token = {"Authorization": f"Bearer {client.post('/token').json()['token']}"}
    key = {"X-API-Key": client.post("/api/keys").json()["api_key"]}
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
