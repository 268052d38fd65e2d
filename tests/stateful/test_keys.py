"""API keys in any order of making, using, rotating, revoking and restarting: exactly the good ones let in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys
from nexios.auth import AuthenticationMiddleware, auth, has_permission
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.exceptions import UnknownKey
from tests.attacks.asking import asking
from tests.stateful.machines import (
    PROCESSES,
    Anyone,
    Machine,
    Over,
    Process,
    World,
    all_of,
    finds_fault,
    play,
)

HOUR = 3600


class KeyProcess(Process):
    """An application whose users come by API keys."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.keys = APIKeys(self.store, clock=machine.clock, monotonic=machine.clock)
        self.app = app = NexiosApp(config=MakeConfig())
        app.add_middleware(
            AuthenticationMiddleware(user_model=Anyone, backend=APIKeyAuthBackend(keys=self.keys))
        )

        @app.get("/me")
        @auth()
        async def me(request: Request, response: Response) -> dict[str, str]:
            return {"user": request.user.identity}

        @app.get("/write")
        @has_permission("write")
        async def write(request: Request, response: Response) -> dict[str, str]:
            return {"user": request.user.identity}


class Key:
    """What the model knows of a key."""

    def __init__(self, key: str, record: Any, permissions: set[str] | None, lasts: float | None) -> None:
        self.key = key
        self.record = record
        self.owner = record.owner
        self.permissions = permissions
        self.lasts = lasts
        self.dies_at = float("inf") if lasts is None else record.created_at.timestamp() + lasts
        self.replaced_until = float("inf")
        self.replaced = Over()
        self.revoked = Over()

    def lets_in(self, process: Process, now: float) -> bool | None:
        rotated = self.replaced.is_known(process, now) if now >= self.replaced_until else False
        return all_of(now >= self.dies_at, self.revoked.is_known(process, now), rotated)

    def is_over(self, now: float) -> bool:
        return now >= min(self.dies_at, self.replaced_until) or self.revoked.at is not None


class Keys(Machine):
    """People who make keys, use them, lose them and change them."""

    process = KeyProcess
    keys: Bundle[Key] = Bundle("keys")

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.all: list[Key] = []

    @rule(
        target=keys,
        number=PROCESSES,
        owner=st.sampled_from(["ada", "bob"]),
        permissions=st.sampled_from([None, set(), {"read"}, {"read", "write"}]),
        lasts=st.sampled_from([None, HOUR, 24 * HOUR]),
    )
    def create(self, number: int, owner: str, permissions: set[str] | None, lasts: float | None) -> Key:
        self.tick()
        expires_in = None if lasts is None else timedelta(seconds=lasts)
        key, record = self.run(
            self.running[number].keys.create(
                f"{owner} {self.life}", "ci", permissions=permissions, expires_in=expires_in
            )
        )
        return self.keep(Key(key, record, permissions, lasts))

    @rule(target=keys, number=PROCESSES, old=keys, overlap=st.sampled_from([0, 2, HOUR]))
    def rotate(self, number: int, old: Key, overlap: float) -> Any:
        now, process = self.tick(), self.running[number]
        can = not old.is_over(now) and old.replaced.at is None
        try:
            key, record = self.run(
                process.keys.rotate(old.record.id, overlap=timedelta(seconds=overlap), owner=old.owner)
            )
        except UnknownKey:
            assert not can
            return multiple()
        assert can
        old.replaced.end(now, process)
        old.replaced_until = now + overlap
        return self.keep(Key(key, record, old.permissions, old.lasts))

    @rule(number=PROCESSES, key=keys)
    def revoke(self, number: int, key: Key) -> None:
        now, process = self.tick(), self.running[number]
        done = self.run(process.keys.revoke(key.record.id, owner=key.owner))
        assert done or key.is_over(now)
        key.revoked.end(now, process)
        self.try_in(process, key)

    @rule(number=PROCESSES, key=keys)
    def somebody_else_cannot_revoke(self, number: int, key: Key) -> None:
        self.tick()
        assert not self.run(self.running[number].keys.revoke(key.record.id, owner="eve"))

    @rule(number=PROCESSES, key=keys)
    def use(self, number: int, key: Key) -> None:
        self.tick()
        self.try_in(self.running[number], key)

    @rule(number=PROCESSES, owner=st.sampled_from(["ada", "bob"]))
    def list(self, number: int, owner: str) -> None:
        now, process = self.tick(), self.running[number]
        listed = self.run(process.keys.list(f"{owner} {self.life}"))
        live = {record.id for record in listed if process.keys.is_live(record)}
        assert live == {key.record.id for key in self.all if self.is_of(key, owner) and not key.is_over(now)}

    @rule(number=PROCESSES, dead_for=st.sampled_from([0, HOUR]))
    def purge(self, number: int, dead_for: float) -> None:
        self.tick()
        self.run(self.running[number].keys.purge(timedelta(seconds=dead_for)))

    @rule(number=PROCESSES)
    def flush(self, number: int) -> None:
        self.run(self.running[number].keys.flush())

    @rule(seconds=st.sampled_from([0.5, 1, 3, HOUR - 1, HOUR, 24 * HOUR]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds=seconds)

    @rule(number=PROCESSES)
    def restart(self, number: int) -> None:
        self.restart_one(number)

    def everybody_tries(self) -> None:
        for key in self.all:
            for process in self.running:
                self.try_in(process, key)

    def try_in(self, process: KeyProcess, key: Key) -> None:
        headers = [("x-api-key", key.key)]
        for path in ("/me", "/write"):
            expected = key.lets_in(process, self.clock.now)
            answer = self.run(asking(process.app, path, headers=headers))
            good = 200 if path == "/me" or key.permissions is None or "write" in key.permissions else 403
            assert answer.status in ({good, 401} if expected is None else {good if expected else 401})
            if path == "/me" and answer.status == 200:
                assert answer.json() == {"user": key.owner}

    def keep(self, key: Key) -> Key:
        self.all.append(key)
        return key

    def is_of(self, key: Key, owner: str) -> bool:
        return bool(key.owner == f"{owner} {self.life}")


def test_exactly_the_keys_that_are_good_let_in(lasting_world: World) -> None:
    play(Keys, lasting_world)


def test_the_machine_notices_where_a_revoked_key_lets_in_for_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nexios.apikeys.lookups.KEPT_FOR", 100.0)
    assert finds_fault(Keys)
