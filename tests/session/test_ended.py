"""Which signed sessions have ended, as one process remembers it."""

from __future__ import annotations

import pytest

from nexios.session.ended import EndedSessions
from tests.parts import Clock
from tests.session.sources import signed_only

pytestmark = signed_only


def test_ended_ids_are_remembered_until_their_cookies_have_expired(clock: Clock) -> None:
    ended, begun = EndedSessions(clock, limit=3), int(clock())
    for number in range(3):
        ended.add(f"old-{number}", int(clock()), clock() + 10)
    clock.turn(seconds=11)
    for number in range(3):
        ended.add(f"new-{number}", int(clock()), clock() + 10)
    assert len(ended) == 3
    assert all(ended.holds(f"new-{number}", int(clock())) for number in range(3))
    # The expired ones made room, so that nobody as old as they had to go.
    assert not ended.holds("another", begun)


def test_where_too_many_end_the_oldest_sessions_end_with_them(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ended = EndedSessions(clock, limit=100)
    begun = []
    for number in range(150):
        begun.append(int(clock()))
        ended.add(f"id-{number:03}", int(clock()), clock() + 1_000_000)
        clock.turn(seconds=1)
    assert len(ended) <= 100
    # Whichever id was given up: no cookie of an ended session is believed.
    assert all(ended.holds(f"id-{number:03}", created) for number, created in enumerate(begun))
    # A session that begins now is none of them, and one as old as those that were given up is over.
    assert not ended.holds("fresh", int(clock()))
    assert ended.holds("old but alive", begun[0])
    assert "more than 100 sessions ended: the oldest sessions end too" in caplog.text
    assert "id-0" not in caplog.text


def test_the_family_of_an_id_ends_all_of_its_ids(clock: Clock) -> None:
    ended = EndedSessions(clock)
    family = "f" * 16
    ended.add(family, 0, clock() + 10)
    assert ended.holds(family + "12345678", 0)
    assert ended.holds(family + "87654321", 0)
    assert not ended.holds("g" * 16 + "12345678", 0)
