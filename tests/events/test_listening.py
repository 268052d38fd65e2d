"""Who listens to events: nobody who is slow or breaks stands in the way of what happens."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any
from unittest.mock import AsyncMock

import anyio
import anyio.lowlevel
import pytest

from nexios import NexiosApp
from nexios.events import Event, Events, KeyCreated, KeyRevoked, TokenReused
from nexios.exceptions import ConfigError

CREATED = KeyCreated(key_id="k1", identity="ada")
REVOKED = KeyRevoked(key_id="k1", identity="ada")


def numbered(count: int) -> list[Event]:
    return [KeyCreated(key_id=str(number)) for number in range(count)]


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def heard() -> list[Event]:
    return []


def listen(events: Events, how: str, heard: list[Event], *kinds: type[Event]) -> None:
    if how == "sync":
        events.listen(*kinds)(heard.append)
    elif how == "tap":
        events.tap(*kinds)(heard.append)
    elif how == "batches":
        events.listen_in_batches(*kinds)(heard.extend)
    else:

        @events.listen(*kinds)
        async def hear(event: Event) -> None:
            await asyncio.sleep(0)
            heard.append(event)


every_way = pytest.mark.parametrize("how", ["sync", "async", "batches", "tap"])


@every_way
def test_every_event_is_heard_in_order(events: Events, heard: list[Event], how: str) -> None:
    listen(events, how, heard)
    sent = numbered(500)

    async def emit() -> bool:
        for event in sent:
            events.emit(event)
        return await events.drain()

    assert asyncio.run(emit()) is True
    assert heard == sent


@every_way
def test_a_listener_hears_the_kinds_it_asked_for(events: Events, heard: list[Event], how: str) -> None:
    listen(events, how, heard, KeyRevoked, TokenReused)
    assert events.wants(KeyRevoked)
    assert not events.wants(KeyCreated)
    events.emit(CREATED)
    events.emit(REVOKED)
    asyncio.run(events.drain())
    assert heard == [REVOKED]


def test_an_event_of_ones_own_is_heard_as_any_other(events: Events, heard: list[Event]) -> None:
    class PasswordChanged(Event, frozen=True, kw_only=True):
        by_mail: bool

    events.tap(PasswordChanged)(heard.append)
    events.emit(CREATED)
    events.emit(PasswordChanged(identity="ada", by_mail=True))
    assert [event.name() for event in heard] == ["password_changed"]


def test_where_nobody_listens_nothing_is_wanted_or_kept(events: Events, heard: list[Event]) -> None:
    assert not events.listening
    assert not events.wants(KeyCreated)
    events.emit(CREATED)
    events.listen()(heard.append)
    asyncio.run(events.drain())
    assert heard == []


@pytest.mark.parametrize("how", ["sync", "async", "tap"])
def test_a_listener_that_raises_is_logged_and_hears_on(
    events: Events, heard: list[Event], how: str, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Event) -> None:
        heard.append(event)
        raise RuntimeError("the disk is full")

    async def broken_later(event: Event) -> None:
        broken(event)

    {"sync": events.listen(), "async": events.listen(), "tap": events.tap()}[how](
        broken_later if how == "async" else broken
    )
    others: list[Event] = []
    events.tap()(others.append)

    async def emit() -> None:
        events.emit(CREATED)
        events.emit(REVOKED)
        assert await events.drain()

    asyncio.run(emit())
    assert heard == others == [CREATED, REVOKED]
    assert caplog.text.count("raised RuntimeError") == 2


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_listener_that_hangs_delays_nobody_and_drops_what_is_too_much(
    events: Events, heard: list[Event], how: str, caplog: pytest.LogCaptureFixture
) -> None:
    released = threading.Event()
    begun: list[Event] = []

    def hang(event: Event) -> None:
        begun.append(event)
        released.wait(30)

    async def hang_later(event: Event) -> None:
        begun.append(event)
        await asyncio.Event().wait()

    events.listen(waiting=3)(hang if how == "sync" else hang_later)
    events.listen()(heard.append)

    async def emit() -> None:
        events.emit(CREATED)
        for _ in range(1000):
            await asyncio.sleep(0.001)
            if begun:
                break
        for event in numbered(5):
            events.emit(event)
        assert not await events.drain(within=0.05)

    try:
        asyncio.run(emit())
    finally:
        released.set()
    assert events.dropped == 2
    assert len(heard) == 6
    assert caplog.text.count("too slow") == 1
    assert "hang" in caplog.text


def test_an_async_listener_hears_what_a_thread_emits(events: Events) -> None:
    """As a sync handler does, which runs in a thread."""
    loops: list[Any] = []

    @events.listen()
    async def hear(event: Event) -> None:
        loops.append(asyncio.get_running_loop())

    async def serve() -> Any:
        events.emit(CREATED)
        await asyncio.to_thread(events.emit, REVOKED)
        for _ in range(1000):
            await asyncio.sleep(0.001)
            if len(loops) == 2:
                break
        return asyncio.get_running_loop()

    loop = asyncio.run(serve())
    assert loops == [loop, loop]


def test_a_loop_of_its_own_for_each_request_loses_nothing(events: Events, heard: list[Event]) -> None:
    listen(events, "async", heard)
    sent = numbered(20)

    async def request(event: Event) -> None:
        events.emit(event)

    for event in sent:
        asyncio.run(request(event))
    asyncio.run(events.drain())
    assert heard == sent


@every_way
def test_under_trio_too_everything_is_heard_when_the_application_stops(
    events: Events, heard: list[Event], how: str
) -> None:
    if how == "async":

        @events.listen()
        async def hear(event: Event) -> None:
            await anyio.lowlevel.checkpoint()
            heard.append(event)
    else:
        listen(events, how, heard)
    sent = numbered(20)

    async def emit() -> bool:
        for event in sent:
            events.emit(event)
        return await events.drain()

    assert anyio.run(emit, backend="trio") is True
    assert heard == sent


def test_what_a_listener_had_begun_when_its_loop_stopped_is_heard_again(events: Events) -> None:
    begun: list[Event] = []

    @events.listen()
    async def hear(event: Event) -> None:
        begun.append(event)
        if len(begun) == 1:
            await asyncio.Event().wait()

    async def request() -> None:
        events.emit(CREATED)
        events.emit(REVOKED)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(request())
    assert begun == [CREATED]
    asyncio.run(events.drain())
    assert begun == [CREATED, CREATED, REVOKED]


def test_an_application_that_stops_waits_until_all_is_heard(heard: list[Event]) -> None:
    app = NexiosApp()
    listen(app.events, "async", heard)
    app.on_shutdown(lambda: app.events.emit(REVOKED))
    sent: list[Any] = []
    messages = [{"type": "lifespan.shutdown"}, {"type": "lifespan.startup"}]

    async def receive() -> Any:
        return messages.pop()

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] == "lifespan.shutdown.complete":
            assert heard == [REVOKED]

    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@every_way
def test_who_listens_no_more_hears_no_more(events: Events, heard: list[Event], how: str) -> None:
    events.tap()(heard.append)
    listen(events, how, others := [])
    events.unlisten(heard.append)
    events.emit(CREATED)
    asyncio.run(events.drain())
    assert (heard, others) == ([], [CREATED])
    assert events.listening


def test_an_events_of_several_applications_is_shared_only_where_one_says_so() -> None:
    shared = Events()
    assert NexiosApp(events=shared).events is NexiosApp(events=shared).events is shared
    assert NexiosApp().events is not NexiosApp().events


WRONG = {
    "no kind": lambda events: events.listen("token_reused"),
    "no event": lambda events: events.tap(dict),
    "a call without parentheses": lambda events: events.listen(lambda event: None),
    "an async tap": lambda events: events.tap()(AsyncMock()),
    "no function": lambda events: events.listen()("a word"),
    "no size": lambda events: events.listen_in_batches(size=0),
    "no room": lambda events: events.listen(waiting=0),
    "no hub": lambda events: NexiosApp(events=[]),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_listener_is_an_error_that_names_the_mend(events: Events, wrong: Any) -> None:
    with pytest.raises(ConfigError, match=r"@events|size=|waiting=|a function of the event|Events\(\)"):
        wrong(events)
    assert not events.listening


def test_the_log_of_a_broken_listener_is_an_error(events: Events, caplog: pytest.LogCaptureFixture) -> None:
    @events.tap()
    def broken(event: Event) -> None:
        raise ValueError

    events.emit(CREATED)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_what_is_wanted_changes_with_who_listens(events: Events, heard: list[Event]) -> None:
    assert not events.wants(KeyCreated)
    events.tap(KeyCreated)(heard.append)
    assert events.wants(KeyCreated)
    assert not events.wants(KeyRevoked)
    events.listen(KeyRevoked)(heard.append)
    assert events.wants(KeyRevoked)
    events.unlisten(heard.append)
    assert not events.wants(KeyCreated)
    assert not events.wants(KeyRevoked)
