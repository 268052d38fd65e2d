"""The audit in a store: kept for a time, found again, and waiting while the store is down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nexios import NexiosApp
from nexios.audit import AuditTrail
from nexios.events import Authenticated, Events, KeyCreated, KeyRevoked, Refused
from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.stores import MemoryStore
from tests.parts import Clock


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(Clock().now + seconds, UTC)


@pytest.fixture
def events() -> Events:
    return Events()


def test_what_happened_is_found_again(events: Events) -> None:
    async def run() -> None:
        trail = AuditTrail(MemoryStore(), events)
        events.emit(KeyCreated(at=at(1), identity="ada", address="192.0.2.7", key_id="k1"))
        events.emit(Refused(at=at(2), identity="bob", scope="jwt", reason="unknown user"))
        events.emit(Authenticated(identity="ada"))
        await events.drain()
        refused, created = await trail.find()
        assert (created.event, created.identity, created.address) == ("key_created", "ada", "192.0.2.7")
        assert (created.at, created.details) == (at(1), {"key_id": "k1"})
        assert (refused.event, refused.scope, refused.details) == (
            "refused",
            "jwt",
            {"reason": "unknown user"},
        )
        assert await trail.find(identity="bob") == [refused]
        assert await trail.find(kind=KeyCreated) == [created]
        assert await trail.find(since=at(2)) == [refused]
        assert await trail.find(limit=1) == [refused]
        assert await trail.find(before=refused.id) == [created]

    asyncio.run(run())


def test_events_of_one_moment_stay_in_their_order(events: Events) -> None:
    async def run() -> list[Any]:
        trail = AuditTrail(MemoryStore(), events)
        for number in range(500):
            events.emit(KeyCreated(at=at(1), key_id=str(number)))
        await events.drain()
        return await trail.find(limit=1000)

    found = asyncio.run(run())
    assert [record.details["key_id"] for record in found] == [str(n) for n in reversed(range(500))]


def test_only_the_kinds_that_are_asked_for_are_kept(events: Events) -> None:
    async def run() -> None:
        trail = AuditTrail(MemoryStore(), events, kinds=[Authenticated])
        events.emit(Authenticated(identity="ada"))
        events.emit(Refused())
        await events.drain()
        assert [record.event for record in await trail.find()] == ["authenticated"]

    asyncio.run(run())


def test_what_is_older_than_its_time_is_deleted_as_new_comes(events: Events) -> None:
    async def run() -> None:
        clock = Clock()
        trail = AuditTrail(MemoryStore(), events, retention=timedelta(days=30), clock=clock)
        events.emit(KeyCreated(at=at(0), key_id="old"))
        await events.drain()
        clock.turn(days=30, seconds=1)
        assert len(await trail.find()) == 1
        events.emit(KeyCreated(at=datetime.fromtimestamp(clock.now, UTC), key_id="new"))
        await events.drain()
        assert [record.details for record in await trail.find()] == [{"key_id": "new"}]
        clock.turn(days=31)
        assert await trail.purge() == 1
        assert await trail.find() == []

    asyncio.run(run())


class Down(MemoryStore):
    """Does not answer the first few times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def add_audit(self, records: Any) -> None:
        if self.times:
            self.times -= 1
            raise StoreUnavailable("the store does not answer")
        await super().add_audit(records)


def test_while_the_store_is_down_events_wait(events: Events, caplog: pytest.LogCaptureFixture) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def run() -> None:
        trail = AuditTrail(Down(9), events, pause=pause)
        events.emit(KeyCreated(key_id="k1"))
        events.emit(KeyRevoked(key_id="k1"))
        assert await events.drain()
        assert [record.event for record in await trail.find()] == ["key_revoked", "key_created"]

    asyncio.run(run())
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert "the audit trail waits" in caplog.text


def test_an_application_stops_though_its_store_stays_down(caplog: pytest.LogCaptureFixture) -> None:
    """And what could not be written is said."""
    events = Events()

    async def run() -> bool:
        AuditTrail(Down(1000), events)
        events.emit(KeyCreated(key_id="k1"))
        return await events.drain(within=0.05)

    assert asyncio.run(run()) is False
    assert "not everything was heard" in caplog.text


def test_an_identity_without_end_is_cut(events: Events) -> None:
    async def run() -> None:
        trail = AuditTrail(MemoryStore(), events)
        events.emit(Refused(identity="a" * 10_000))
        await events.drain()
        assert [record.identity for record in await trail.find()] == ["a" * 256]

    asyncio.run(run())


WRONG: dict[str, Callable[[Events], Any]] = {
    "a class": lambda events: AuditTrail(MemoryStore, events),  # type: ignore[arg-type]
    "no store": lambda events: AuditTrail({}, events),  # type: ignore[arg-type]
    "no events": lambda events: AuditTrail(MemoryStore(), NexiosApp()),  # type: ignore[arg-type]
    "no time": lambda events: AuditTrail(MemoryStore(), events, retention=timedelta(0)),
    "days": lambda events: AuditTrail(MemoryStore(), events, retention=30),  # type: ignore[arg-type]
    "no kind": lambda events: AuditTrail(MemoryStore(), events, kinds=["refused"]),  # type: ignore[list-item]
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_argument_is_an_error_that_names_the_mend(events: Events, wrong: Any) -> None:
    with pytest.raises(ConfigError, match=r"open_store|app\.events|timedelta|@events"):
        wrong(events)
    assert not events.listening
