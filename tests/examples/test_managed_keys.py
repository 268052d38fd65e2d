"""What the example of managed keys promises beyond the good, the missing and the wrong credential."""

from __future__ import annotations

from collections.abc import Callable

from starlette.testclient import TestClient

from tests.examples.visits import guest


def test_a_key_may_less_than_its_owner_and_nobody_elses_is_reached(
    client_of: Callable[[str], TestClient],
) -> None:
    client = client_of("managed_keys")
    owner, other = guest(client), guest(client)
    made = client.post("/keys", headers=owner, json={"name": "ci", "permissions": ["read"]}).json()
    by_key = {"X-API-Key": made["key"]}
    assert client.get("/data", headers=by_key).json()["by"] == "apikey"
    assert client.post("/data", headers=by_key).status_code == 403
    assert client.post("/data", headers=owner).status_code == 204
    assert client.get("/keys", headers=by_key).status_code == 401

    assert client.delete(f"/keys/{made['id']}", headers=other).status_code == 404
    assert client.get("/keys", headers=other).json() == {"keys": []}
    assert client.delete(f"/keys/{made['id']}", headers=owner).status_code == 204
    assert client.get("/data", headers=by_key).status_code == 401


def test_the_last_use_is_there_after_the_application_has_stopped(
    client_of: Callable[[str], TestClient],
) -> None:
    with client_of("managed_keys") as client:
        owner = guest(client)
        made = client.post("/keys", headers=owner, json={"name": "ci"}).json()
        client.get("/data", headers={"X-API-Key": made["key"]})
        assert client.get(f"/keys/{made['id']}", headers=owner).json()["last_used_at"] is None
    assert client.get(f"/keys/{made['id']}", headers=owner).json()["last_used_at"] is not None
