"""What is managed by a credential of few permissions is never wider than the credential."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nexios.apikeys import APIKeys
from nexios.auth import AuthResult
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.base import AuthenticationBackend
from nexios.http import Request, Response
from tests.apikeys.keeping import WatchedStore, at
from tests.apikeys.sharing import ADA, by_key, client_of, kept, made, managing
from tests.parts import ByHeader, Clock, assert_problem


def test_an_api_key_manages_nothing_unless_the_application_allows_it(
    keys: APIKeys, store: WatchedStore
) -> None:
    client = client_of(managing(keys))
    key, key_id = made(keys)
    for method, path in (
        ("GET", "/keys"),
        ("GET", f"/keys/{key_id}"),
        ("POST", "/keys"),
        ("POST", f"/keys/{key_id}/rotate"),
        ("DELETE", f"/keys/{key_id}"),
    ):
        answer = client.request(method, path, headers=by_key(key), content=b'{"name": "ci"}')
        assert_problem(answer, 401)
        assert "Bearer" in answer.headers["www-authenticate"]
        assert "ApiKey" not in answer.headers["www-authenticate"]
    assert kept(store) == 1
    assert client.get("/data", headers=by_key(key)).status_code == 200


def test_a_login_that_comes_along_with_a_key_will_do(keys: APIKeys) -> None:
    client = client_of(managing(keys))
    key, _ = made(keys, permissions=["read"])
    answer = client.post("/keys", headers=by_key(key) | ADA, json={"name": "ci", "permissions": ["write"]})
    assert answer.status_code == 201


@pytest.mark.parametrize("scope", ["admin", "sso"])
def test_any_other_backend_will_do_whatever_it_is_called(scope: str, keys: APIKeys) -> None:
    client = client_of(managing(keys, APIKeyAuthBackend(keys=keys), ByHeader(scope)))
    key, _ = made(keys)
    for headers in (ADA, by_key(key) | ADA):
        assert client.post("/keys", headers=headers, json={"name": "ci"}).status_code == 201
    assert_problem(client.post("/keys", headers=by_key(key), json={"name": "ci"}), 401)


class OddBackend(AuthenticationBackend):
    """Answers under a scope of its own with the record of a key."""

    scope = "odd"

    def __init__(self, keys: APIKeys) -> None:
        self.keys = keys

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        record = await self.keys.verify(request.headers.get("x-odd"))
        return None if record is None else AuthResult(True, record.owner, "odd", record.permissions, record)


@pytest.mark.parametrize("scopes", [None, ["odd"]])
def test_a_key_is_known_for_one_whatever_backend_found_it(scopes: Any, keys: APIKeys) -> None:
    client = client_of(managing(keys, OddBackend(keys), scopes=scopes))
    key, _ = made(keys)
    assert client.get("/data", headers={"x-odd": key}).status_code == 200
    assert_problem(client.post("/keys", headers={"x-odd": key}, json={"name": "ci"}), 403)


class NoRecord(AuthenticationBackend):
    """Believes in an API key of which it knows nothing more."""

    scope = "apikey"

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        return AuthResult(True, "ada", "apikey")


def test_a_key_of_which_nothing_is_known_makes_none(keys: APIKeys, store: WatchedStore) -> None:
    client = client_of(managing(keys, NoRecord(), allow_api_keys=True))
    assert_problem(client.post("/keys", json={"name": "ci"}), 403)
    assert kept(store) == 0


class Unnamed(AuthenticationBackend):
    """Finds keys, and does not say beforehand that it does."""

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        return AuthResult(True, "ada", "apikey")


def test_a_key_that_an_unnamed_backend_found_is_asked_for_another_credential(
    keys: APIKeys, store: WatchedStore
) -> None:
    client = client_of(managing(keys, Unnamed(), ByHeader()))
    answer = client.post("/keys", json={"name": "ci"})
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"] == 'Custom realm="api"'
    assert kept(store) == 0


LIMITS: dict[str, Any] = {
    "permissions": ["read"],
    "expires_in": timedelta(hours=1),
    "addresses": ["192.0.2.0/24"],
}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 201),
        ({"permissions": ["read"]}, 201),
        ({"permissions": []}, 201),
        ({"permissions": ["write"]}, 403),
        ({"permissions": ["read", "write"]}, 403),
        ({"permissions": None}, 403),
        ({"expires_in": 3600}, 201),
        ({"expires_in": 60}, 201),
        ({"expires_in": 3601}, 403),
        ({"expires_in": None}, 403),
        ({"addresses": ["192.0.2.0/25"]}, 201),
        ({"addresses": ["192.0.2.7", "192.0.2.8"]}, 201),
        ({"addresses": ["192.0.0.0/16"]}, 403),
        ({"addresses": ["192.0.2.7", "198.51.100.1"]}, 403),
        ({"addresses": ["::/0"]}, 403),
        ({"addresses": None}, 403),
        ({"owner": "bob"}, 422),
    ],
    ids=str,
)
def test_a_key_that_a_key_makes_is_never_wider(
    given: dict[str, Any], status: int, keys: APIKeys, store: WatchedStore, clock: Clock
) -> None:
    client = client_of(managing(keys, allow_api_keys=True))
    key, key_id = made(keys, **LIMITS)
    answer = client.post("/keys", headers=by_key(key), json={"name": "child", **given})
    assert answer.status_code == status, answer.text
    assert kept(store) == (2 if status == 201 else 1)
    if status == 201:
        child, parent = store._keys[answer.json()["id"]], store._keys[key_id]
        assert child.owner == "ada"
        assert child.permissions is not None
        assert child.permissions <= {"read"}
        assert child.expires_at is not None
        assert parent.expires_at is not None
        assert child.expires_at <= parent.expires_at
        assert child.addresses is not None


def test_a_key_without_limits_makes_any(keys: APIKeys) -> None:
    client = client_of(managing(keys, allow_api_keys=True))
    key, _ = made(keys)
    assert client.post("/keys", headers=by_key(key), json={"name": "child"}).status_code == 201


def test_a_key_does_not_reach_a_wider_one_of_its_owner(keys: APIKeys, store: WatchedStore) -> None:
    client = client_of(managing(keys, allow_api_keys=True))
    narrow, narrow_id = made(keys, permissions=["read"])
    wide, wide_id = made(keys)
    unknown = client.get(f"/keys/{'0' * 28}", headers=by_key(narrow))
    assert_problem(unknown, 404)
    for method, path in (
        ("GET", f"/keys/{wide_id}"),
        ("POST", f"/keys/{wide_id}/rotate"),
        ("DELETE", f"/keys/{wide_id}"),
    ):
        answer = client.request(method, path, headers=by_key(narrow))
        assert (answer.status_code, answer.text) == (404, unknown.text)
    assert [key["id"] for key in client.get("/keys", headers=by_key(narrow)).json()["keys"]] == [narrow_id]
    assert len(client.get("/keys", headers=by_key(wide)).json()["keys"]) == 2
    assert client.get("/data", headers=by_key(wide)).status_code == 200


def test_a_key_replaces_itself_and_does_not_outlive_itself(keys: APIKeys, clock: Clock) -> None:
    client = client_of(managing(keys, allow_api_keys=True))
    key, key_id = made(keys, expires_in=timedelta(days=10))
    end = at(clock) + timedelta(days=10)
    clock.turn(days=9)
    answer = client.post(f"/keys/{key_id}/rotate", headers=by_key(key), json={"overlap": 0})
    assert answer.status_code == 201
    assert answer.json()["expires_at"] == end.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert client.get("/data", headers=by_key(key)).status_code == 401
    assert client.get("/data", headers=by_key(answer.json()["key"])).status_code == 200


class Narrowed(AuthenticationBackend):
    """A token that was granted to read only."""

    scope = "jwt"
    granted: Any = frozenset({"read"})

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        return AuthResult(True, "ada", "jwt", self.granted)


@pytest.mark.parametrize(
    "granted",
    [frozenset({"read"}), ["read"], {"read": True, "write": False}, {"read": True, "write": 1}],
    ids=repr,
)
def test_a_token_of_few_permissions_makes_no_wider_key(
    granted: Any, keys: APIKeys, store: WatchedStore
) -> None:
    backend = Narrowed()
    backend.granted = granted
    client = client_of(managing(keys, backend))
    for given in (None, ["write"], ["read", "write"]):
        assert_problem(client.post("/keys", json={"name": "ci", "permissions": given}), 403)
    assert kept(store) == 0
    assert client.post("/keys", json={"name": "ci"}).json()["permissions"] == ["read"]
    _, wide_id = made(keys)
    assert client.post(f"/keys/{wide_id}/rotate").status_code == 404


def test_an_owner_who_may_less_by_now_does_not_get_it_back_by_a_key(
    keys: APIKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.parts import Person

    app = managing(keys)
    key, _ = made(keys, "ada", permissions=["write"])
    client = client_of(app)
    assert client.get("/data", headers=by_key(key)).status_code == 200
    monkeypatch.setitem(Person.permissions_of, "ada", {"read"})
    answer = client.post("/keys", headers=ADA, json={"name": "ci", "permissions": ["write"]})
    assert answer.status_code == 403
