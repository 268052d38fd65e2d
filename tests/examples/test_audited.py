"""The example with an audit: everybody sees what happened to their own credentials."""

from __future__ import annotations

from collections.abc import Callable

from starlette.testclient import TestClient

from tests.examples.visits import bearer, guest


def test_everybody_sees_what_happened_to_their_own_credentials(
    client_of: Callable[[str], TestClient],
) -> None:
    client = client_of("audited")
    with client:
        ada, bob = guest(client), guest(client)
        made = client.post("/keys", json={"name": "ci"}, headers=ada).json()
        assert client.delete(f"/keys/{made['id']}", headers=ada).status_code == 204
        assert client.get("/history", headers=bearer("wrong")).status_code == 401

        history = client.get("/history", headers=ada).json()

        told = [row["event"] for row in history if row["event"] != "authenticated"]
        assert told == ["key_revoked", "key_created"]
        assert {row["key_id"] for row in history if "key_id" in row} == {made["id"]}
        assert made["key"] not in str(history)
        assert [row["event"] for row in client.get("/history", headers=bob).json()] == ["authenticated"]
