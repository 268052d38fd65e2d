"""Logging out from many threads, and so often that ended ids must make room."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from nexios.session.ended import EndedSessions
from tests.parts import Clock


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_no_logout_fails_or_is_lost_where_several_threads_log_out() -> None:
    ended = EndedSessions(Clock(0), limit=200)
    failures: list[Exception] = []

    def log_out(thread: int) -> None:
        try:
            for number in range(2000):
                ended.add(f"{thread}-{number}", number, 1e9)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=log_out, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert all(ended.holds(f"{thread}-{number}", number) for thread in range(4) for number in range(2000))


def test_the_search_for_expired_ids_is_not_made_at_each_logout() -> None:
    asked = []

    def clock() -> float:
        asked.append(1)
        return now

    now = 0.0
    ended = EndedSessions(clock, limit=1000)
    for number in range(1000):
        ended.add(f"old-{number}", number, 1000.0 + number)
    # From now on, one id expires for each that is added.
    for number in range(500):
        now = 1000.5 + number
        ended.add(f"new-{number}", 1000 + number, 1e9)
    assert len(asked) <= 10
    assert len(ended) <= 1000
    assert all(ended.holds(f"new-{number}", 1000 + number) for number in range(500))
    assert not ended.holds("fresh", 1500)
