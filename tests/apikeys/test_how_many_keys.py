"""How many keys somebody may have, and make in a day."""

from __future__ import annotations

from msgspec.structs import replace

from nexios.apikeys import APIKey, APIKeys, hash_key
from tests.apikeys.keeping import WatchedStore, keys_in
from tests.apikeys.sharing import ADA, BOB, client_of, kept, made, managing
from tests.parts import Clock, assert_problem


def test_nobody_has_more_than_so_many_keys(keys: APIKeys, store: WatchedStore) -> None:
    client = client_of(managing(keys, max_keys=2))
    first, _ = [client.post("/keys", headers=ADA, json={"name": "ci"}).json() for _ in range(2)]
    answer = client.post("/keys", headers=ADA, json={"name": "ci"})
    assert_problem(answer, 409, "There are 2 keys already: revoke one first.")
    assert kept(store) == 2
    assert client.post("/keys", headers=BOB, json={"name": "ci"}).status_code == 201
    # Replacing is no way around it, and is not prevented by it.
    rotated = client.post(f"/keys/{first['id']}/rotate", headers=ADA).json()
    assert client.post("/keys", headers=ADA, json={"name": "ci"}).status_code == 409
    client.delete(f"/keys/{rotated['id']}", headers=ADA)
    assert client.post("/keys", headers=ADA, json={"name": "ci"}).status_code == 201


def test_a_user_has_fifty_keys_where_the_application_says_nothing(keys: APIKeys, store: WatchedStore) -> None:
    client = client_of(managing(keys))
    for _ in range(49):
        made(keys)
    assert client.post("/keys", headers=ADA, json={"name": "ci"}).status_code == 201
    assert_problem(client.post("/keys", headers=ADA, json={"name": "ci"}), 409)
    assert kept(store) == 50


def test_who_has_more_keys_than_that_replaces_none(keys: APIKeys, store: WatchedStore) -> None:
    client = client_of(managing(keys, max_keys=2))
    _, key_id = [made(keys)[1] for _ in range(2)]
    new = client.post(f"/keys/{key_id}/rotate", headers=ADA)
    assert new.status_code == 201
    made(keys)
    assert_problem(client.post(f"/keys/{new.json()['id']}/rotate", headers=ADA), 409)
    assert kept(store) == 4


class Crowded(WatchedStore):
    """Whenever a key is made by a request, another one is made at the same moment."""

    async def add_key(self, key: APIKey, key_hash: str) -> None:
        other = replace(key, id=f"{int(key.id, 16) + 1:028x}")
        await super().add_key(other, hash_key(key_hash))
        await super().add_key(key, key_hash)


def test_of_those_made_at_the_same_moment_none_stays_beyond_the_limit(clock: Clock) -> None:
    store = Crowded()
    for most, status in ((1, 409), (2, 201)):
        client = client_of(managing(keys_in(store, clock), max_keys=most))
        user = {"x-user": {1: "ada", 2: "bob"}[most]}
        answer = client.post("/keys", headers=user, json={"name": "ci"})
        assert answer.status_code == status
        assert len(client.get("/keys", headers=user).json()["keys"]) == most


def test_what_is_made_and_thrown_away_all_day_is_bounded_too(
    keys: APIKeys, store: WatchedStore, clock: Clock
) -> None:
    client = client_of(managing(keys, max_keys=1))
    statuses = []
    for _ in range(15):
        answer = client.post("/keys", headers=ADA, json={"name": "ci"})
        statuses.append(answer.status_code)
        if answer.status_code == 201:
            client.delete(f"/keys/{answer.json()['id']}", headers=ADA)
    assert statuses == [201] * 9 + [409] * 6
    assert kept(store) <= 10
    clock.turn(days=1)
    assert client.post("/keys", headers=ADA, json={"name": "ci"}).status_code == 201
