"""The audit in the log: a line of JSON an event, which nobody else can write."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.audit import AUDITED, event_line, log_events
from nexios.events import Authenticated, Event, Events, KeyCreated, KeyUsed, Refused

AT = datetime(2027, 1, 15, 8, 0, 0, 123, tzinfo=UTC)


def logged(events: Events, caplog: pytest.LogCaptureFixture) -> list[str]:
    assert asyncio.run(events.drain())
    return [record.getMessage() for record in caplog.records]


def test_an_event_is_a_line_of_json(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "nexios.audit")
    events = Events()
    log_events(events)
    events.emit(KeyCreated(at=AT, identity="ada", key_id="k1"))
    (line,) = logged(events, caplog)
    assert json.loads(line) == {
        "event": "key_created",
        "at": "2027-01-15T08:00:00.000123Z",
        "identity": "ada",
        "key_id": "k1",
    }


def test_what_each_request_brings_is_logged_where_it_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    events = Events()
    log_events(events)
    log_events(events, Authenticated, name="app.access")
    for event in (Authenticated(), KeyUsed(key_id="k1"), Refused(reason="expired")):
        events.emit(event)
    logged(events, caplog)
    assert sorted((record.name, json.loads(record.getMessage())["event"]) for record in caplog.records) == [
        ("app.access", "authenticated"),
        ("nexios.audit", "refused"),
    ]


def test_every_kind_but_the_two_of_each_request_is_logged() -> None:
    def kinds(kind: type[Event]) -> set[type[Event]]:
        return {kind}.union(*(kinds(each) for each in kind.__subclasses__()))

    ours = {kind for kind in kinds(Event) if kind.__module__ == "nexios.events.kinds"} - {Event}
    assert set(AUDITED) == ours - {Authenticated, KeyUsed}


@given(st.text(), st.text())
def test_whatever_a_client_calls_itself_the_line_is_printable_ascii(identity: str, reason: str) -> None:
    line = event_line(Refused(at=AT, identity=identity, reason=reason))
    assert line.isascii()
    assert line.isprintable()
    read = json.loads(line)
    assert (read["identity"], read["reason"]) == (identity, reason)
