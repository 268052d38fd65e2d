"""Routes by which users manage their own keys."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from nexios.apikeys import APIKeys, key_routes
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.exceptions import ConfigError
from nexios.session import SessionMiddleware
from tests.apikeys.keeping import WatchedStore
from tests.apikeys.sharing import ADA, BOB, COLUMNS, by_key, by_token, client_of, kept, made, managing
from tests.parts import Clock, Person, assert_problem


def test_a_key_is_shown_once_and_opens_what_its_owner_may(keys: APIKeys) -> None:
    client = client_of(managing(keys))
    answer = client.post("/keys", headers=ADA, json={"name": "ci", "permissions": ["read"]})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == COLUMNS | {"key"}
    assert (body["name"], body["permissions"], body["active"]) == ("ci", ["read"], True)
    assert client.get("/data", headers=by_key(body["key"])).text == "ada"

    listed = client.get("/keys", headers=ADA)
    assert listed.headers["cache-control"] == "no-store"
    assert [set(each) for each in listed.json()["keys"]] == [COLUMNS]
    assert body["key"][4:-8] not in listed.text
    assert client.get(f"/keys/{body['id']}", headers=ADA).json() == listed.json()["keys"][0]


def test_all_that_a_key_may_be_given(keys: APIKeys) -> None:
    client = client_of(managing(keys))
    given = {
        "name": "ci",
        "permissions": ["read", "write"],
        "expires_in": 86_400,
        "metadata": {"team": "blue"},
        "addresses": ["192.0.2.0/24"],
    }
    body = client.post("/keys", headers=ADA, json=given).json()
    assert (body["created_at"], body["expires_at"]) == ("2027-01-15T08:00:00Z", "2027-01-16T08:00:00Z")
    assert (body["metadata"], body["addresses"]) == ({"team": "blue"}, ["192.0.2.0/24"])
    assert client.get("/data", headers=by_key(body["key"])).status_code == 200
    elsewhere = client_of(managing(keys), "198.51.100.1")
    assert elsewhere.get("/data", headers=by_key(body["key"])).status_code == 401


def test_a_key_is_rotated_and_revoked(keys: APIKeys, clock: Clock) -> None:
    client = client_of(managing(keys))
    old = client.post("/keys", headers=ADA, json={"name": "ci"}).json()
    answer = client.post(f"/keys/{old['id']}/rotate", headers=ADA)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    new = answer.json()
    for key in (old["key"], new["key"]):
        assert client.get("/data", headers=by_key(key)).status_code == 200
    assert_problem(client.post(f"/keys/{old['id']}/rotate", headers=ADA), 409)

    assert client.delete(f"/keys/{new['id']}", headers=ADA).status_code == 204
    assert client.delete(f"/keys/{new['id']}", headers=ADA).status_code == 204
    assert client.get("/data", headers=by_key(new["key"])).status_code == 401
    clock.turn(hours=23, minutes=59, seconds=59)
    assert client.get("/data", headers=by_key(old["key"])).status_code == 200
    clock.turn(seconds=1)
    assert client.get("/data", headers=by_key(old["key"])).status_code == 401
    assert client.get("/keys", headers=ADA).json()["keys"] == []
    over = client.get("/keys?all=true", headers=ADA).json()["keys"]
    assert {(key["id"], key["active"]) for key in over} == {(old["id"], False), (new["id"], False)}


@pytest.mark.parametrize(
    ("overlap", "status"),
    [(0, 201), (3600, 201), (7200, 201), (7201, 422), (-1, 422), (1 << 80, 422), (1.5, 422), ("1", 422)],
)
def test_an_overlap_is_at_most_what_the_application_grants(overlap: Any, status: int, keys: APIKeys) -> None:
    client = client_of(managing(keys, overlap=timedelta(hours=2)))
    key, key_id = made(keys)
    answer = client.post(f"/keys/{key_id}/rotate", headers=ADA, json={"overlap": overlap})
    assert answer.status_code == status
    assert client.get("/data", headers=by_key(key)).status_code == (401 if overlap == 0 else 200)


def test_where_the_application_grants_no_overlap_the_old_key_is_dead_at_once(keys: APIKeys) -> None:
    client = client_of(managing(keys, overlap=timedelta(0)))
    key, key_id = made(keys)
    assert client.post(f"/keys/{key_id}/rotate", headers=ADA).status_code == 201
    assert client.get("/data", headers=by_key(key)).status_code == 401


@pytest.mark.parametrize(
    ("raw", "status", "detail"),
    [
        (b"", 422, "required field `name`"),
        (b"{", 400, "not valid JSON"),
        (b"\xff", 400, "not valid JSON"),
        (b'{"name": "ci", "metadata": {"x": ' + b"[" * 10_000, 400, "not valid JSON"),
        (b"[]", 422, "object"),
        (b"null", 422, "object"),
        (b'{"name": 7}', 422, "$.name"),
        (b'{"name": ""}', 422, "name is text that is not blank"),
        (b'{"name": "a\\u0000b"}', 422, "no control characters"),
        (json.dumps({"name": "x" * 101}).encode(), 422, "at most 100"),
        (b'{"name": "ci", "permissions": "read"}', 422, "$.permissions"),
        (b'{"name": "ci", "permissions": [7]}', 422, "$.permissions"),
        (b'{"name": "ci", "permissions": [""]}', 422, "each of permissions"),
        (b'{"name": "ci", "expires_in": 0}', 422, "$.expires_in"),
        (b'{"name": "ci", "expires_in": -5}', 422, "$.expires_in"),
        (b'{"name": "ci", "expires_in": true}', 422, "$.expires_in"),
        (b'{"name": "ci", "expires_in": 1.5}', 422, "$.expires_in"),
        (b'{"name": "ci", "expires_in": 3153600001}', 422, "$.expires_in"),
        (b'{"name": "ci", "expires_in": 999999999999}', 422, "$.expires_in"),
        (b'{"name": "ci", "metadata": []}', 422, "$.metadata"),
        (b'{"name": "ci", "metadata": {"x": "' + b"y" * 5000 + b'"}}', 422, "at most 4096"),
        (b'{"name": "ci", "addresses": ["home"]}', 422, "is no network"),
        (b'{"name": "ci", "addresses": []}', 422, "1 to 50 networks"),
        (b'{"name": "ci", "x": "' + b"y" * 20_000 + b'"}', 413, "16384 bytes"),
        (b'{"name": "ci", "owner": "bob"}', 422, "unknown field `owner`"),
        (b'{"name": "ci", "expires_at": "2099-01-01T00:00:00Z"}', 422, "unknown field `expires_at`"),
        (b'{"name": "ci", "id": "1"}', 422, "unknown field `id`"),
    ],
    ids=lambda value: value.decode("latin-1")[:40] if isinstance(value, bytes) else "",
)
def test_a_body_that_cannot_be_is_refused_and_makes_nothing(
    raw: bytes, status: int, detail: str, keys: APIKeys, store: WatchedStore
) -> None:
    answer = client_of(managing(keys)).post("/keys", headers=ADA, content=raw)
    assert_problem(answer, status)
    assert detail in answer.json()["detail"]
    assert kept(store) == 0


@pytest.mark.parametrize(("size", "status"), [(16_384, 422), (16_385, 413)])
def test_a_body_is_read_up_to_its_last_byte(size: int, status: int, keys: APIKeys) -> None:
    raw = b'{"nane": "ci"' + b" " * (size - 14) + b"}"
    assert len(raw) == size
    assert_problem(client_of(managing(keys)).post("/keys", headers=ADA, content=raw), status)


def test_a_key_lives_a_century_at_most(keys: APIKeys) -> None:
    body = {"name": "ci", "expires_in": 3_153_600_000}
    answer = client_of(managing(keys)).post("/keys", headers=ADA, json=body)
    assert answer.json()["expires_at"] == "2126-12-22T08:00:00Z"


@pytest.mark.parametrize("allow", [True, False])
def test_strangers_reach_nothing(allow: bool, keys: APIKeys, store: WatchedStore) -> None:
    client = client_of(managing(keys, allow_api_keys=allow))
    _, key_id = made(keys)
    for method, path in (
        ("GET", "/keys"),
        ("POST", "/keys"),
        ("GET", f"/keys/{key_id}"),
        ("POST", f"/keys/{key_id}/rotate"),
        ("DELETE", f"/keys/{key_id}"),
    ):
        answer = client.request(method, path)
        assert_problem(answer, 401)
        assert answer.headers["www-authenticate"]
    assert store.asked == ["add_key"]


def test_a_token_will_do_as_well(keys: APIKeys) -> None:
    client = client_of(managing(keys))
    assert client.post("/keys", headers=by_token("ada"), json={"name": "ci"}).status_code == 201
    assert len(client.get("/keys", headers=ADA).json()["keys"]) == 1


def test_only_the_scopes_that_the_application_names_will_do(keys: APIKeys) -> None:
    client = client_of(managing(keys, scopes=["jwt"]))
    assert client.post("/keys", headers=by_token("ada"), json={"name": "ci"}).status_code == 201
    assert_problem(client.post("/keys", headers=ADA, json={"name": "ci"}), 401)


def test_a_key_with_a_permission_that_its_owner_has_not_is_not_made(
    keys: APIKeys, store: WatchedStore
) -> None:
    client = client_of(managing(keys))
    for given in (["write"], ["read", "write"], ["admin"]):
        assert_problem(client.post("/keys", headers=BOB, json={"name": "ci", "permissions": given}), 403)
    assert kept(store) == 0


def test_a_store_that_is_down_is_a_503(keys: APIKeys, store: WatchedStore) -> None:
    client = client_of(managing(keys))
    _, key_id = made(keys)
    store.down = True
    for method, path in (("POST", f"/keys/{key_id}/rotate"), ("DELETE", f"/keys/{key_id}")):
        assert_problem(client.request(method, path, headers=ADA), 503)


def test_another_site_cannot_make_keys_by_somebodys_session(keys: APIKeys, store: WatchedStore) -> None:
    app = managing(keys, SessionAuthBackend(), APIKeyAuthBackend(keys=keys))
    app._recipes.insert(0, SessionMiddleware())

    @app.post("/login")
    async def begin(request: Any, response: Any) -> None:
        login(request, Person("ada"))

    client = client_of(app)
    client.post("/login")
    assert client.post("/keys", json={"name": "ci"}).status_code == 201
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert_problem(client.post("/keys", json={"name": "ci"}, headers=headers), 403)
    assert kept(store) == 1


def test_the_routes_stand_where_the_application_wants_them(keys: APIKeys) -> None:
    app = managing(keys, prefix="/me/api-keys/")
    assert {(row.methods, row.path) for row in app.routes_table() if row.guarded} == {
        (("GET",), "/data"),
        (("GET",), "/me/api-keys"),
        (("POST",), "/me/api-keys"),
        (("GET",), "/me/api-keys/{key_id}"),
        (("DELETE",), "/me/api-keys/{key_id}"),
        (("POST",), "/me/api-keys/{key_id}/rotate"),
    }
    assert client_of(app).get("/me/api-keys", headers=ADA).json() == {"keys": []}
    assert app.url_path_for("revoke_key", key_id="x") == "/me/api-keys/x"


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"keys": WatchedStore()}, r"key_routes\(APIKeys\(store\)\)"),
        ({"scopes": ["session", "apikey"]}, "allow_api_keys=True"),
        ({"scopes": "session"}, "takes a list"),
        ({"scopes": 5}, "takes a list"),
        ({"allow_api_keys": "no"}, "allow_api_keys is a bool"),
        ({"max_keys": 0}, "max_keys is how many"),
        ({"max_keys": True}, "max_keys is how many"),
        ({"overlap": 24}, "overlap is a timedelta"),
        ({"overlap": timedelta(microseconds=-1)}, "overlap is a timedelta"),
        ({"prefix": "keys"}, "must begin with a slash"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_cannot_be_is_said_at_once(options: dict[str, Any], mend: str, keys: APIKeys) -> None:
    with pytest.raises(ConfigError, match=mend):
        key_routes(**{"keys": keys, **options})
