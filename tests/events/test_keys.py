"""What is told of API keys: made, used, replaced, ended, and why one is refused."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from nexios.apikeys import APIKeys
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.events import Event, Events, KeyCreated, KeyRevoked, KeyRotated, KeyUsed, Refused
from nexios.exceptions import ConfigError, UnknownKey
from nexios.stores import MemoryStore
from tests.attacks.asking import ask
from tests.auth.apps import app_with
from tests.events.parts import noted, told
from tests.parts import Clock

IN_KIND = (KeyCreated, KeyRotated, KeyRevoked)


def test_the_life_of_a_key_is_told() -> None:
    events, heard = Events(), list[Event]()
    events.tap(*IN_KIND)(heard.append)

    async def live() -> tuple[str, str, str]:
        keys = APIKeys(MemoryStore(), events=events)
        key, record = await keys.create("ada", "ci")
        second, new = await keys.rotate(record.id)
        await keys.verify(second)
        assert await keys.revoke(new.id)
        assert await keys.revoke(new.id)
        assert not await keys.revoke("nobody's")
        with pytest.raises(UnknownKey):
            await keys.rotate(new.id)
        assert key not in repr(heard)
        assert second not in repr(heard)
        return record.id, new.id, second

    old, new, _ = asyncio.run(live())
    assert told(heard) == [
        ("key_created", "ada", "apikey", None),
        ("key_rotated", "ada", "apikey", None),
        ("key_revoked", "ada", "apikey", None),
    ]
    created, rotated, revoked = heard
    assert isinstance(created, KeyCreated)
    assert isinstance(rotated, KeyRotated)
    assert isinstance(revoked, KeyRevoked)
    assert (created.key_id, rotated.key_id, rotated.new_key_id, revoked.key_id) == (old, old, new, new)


def test_each_use_is_told_where_somebody_listens() -> None:
    events, heard = Events(), list[Event]()

    async def use() -> str:
        keys = APIKeys(MemoryStore(), events=events)
        key, record = await keys.create("ada", "ci")
        assert await keys.verify(key)
        events.tap(KeyUsed)(heard.append)
        assert await keys.verify(key)
        assert keys.recall(key)
        assert await keys.verify(key[:-1] + "x") is None
        return record.id

    key_id = asyncio.run(use())
    assert [event.key_id for event in heard if isinstance(event, KeyUsed)] == [key_id, key_id]


REFUSED: dict[str, tuple[Any, str]] = {
    "unknown": (lambda keys, clock, record: keys.__init__(MemoryStore()), "unknown"),
    "expired": (lambda keys, clock, record: clock.turn(days=2), "expired"),
    "revoked": (lambda keys, clock, record: asyncio.run(keys.revoke(record.id)), "revoked"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_why_a_key_is_refused_is_told_and_not_answered(change: Any, reason: str) -> None:
    clock = Clock()
    keys = APIKeys(MemoryStore(), clock=clock)
    key, record = asyncio.run(keys.create("ada", "ci", expires_in=timedelta(days=1)))
    app = app_with(APIKeyAuthBackend(keys=keys))
    events = noted(app, Refused)
    change(keys, clock, record)
    answer = ask(app, headers=[("x-api-key", key)])
    assert answer.status == 401
    assert told(events) == [("refused", None, "apikey", reason)]
    assert reason.encode() not in answer.body
    assert key not in repr(events)


def test_a_key_with_a_typo_is_told_as_such() -> None:
    keys = APIKeys(MemoryStore())
    key, _ = asyncio.run(keys.create("ada", "ci"))
    app = app_with(APIKeyAuthBackend(keys=keys))
    events = noted(app)
    ask(app, headers=[("x-api-key", key[:-1] + "x")])
    assert told(events) == [("refused", None, "apikey", "not the form of a key")]


def test_events_that_are_none_are_an_error() -> None:
    with pytest.raises(ConfigError, match=r"events=app\.events"):
        APIKeys(MemoryStore(), events=[])  # type: ignore[arg-type]
