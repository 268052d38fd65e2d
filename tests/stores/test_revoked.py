"""What was revoked is known in every process within a second, and costs no query each time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from nexios.exceptions import StoreUnavailable
from nexios.stores import MemoryStore, Revocation
from nexios.stores.revoked import RevokedList
from tests.parts import Clock

pytestmark = pytest.mark.anyio

KIND = "session"


class Counted(MemoryStore):
    """A store that counts how often it is asked for revocations, and may be down."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.down = False

    async def revoked_since(
        self, kind: str, cursor: str | None, limit: int
    ) -> tuple[list[Revocation], str, bool]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.down:
            raise StoreUnavailable("down")
        # Pages of two, so that there is more than one of them.
        return await super().revoked_since(kind, cursor, min(limit, 2))

    async def revoke(self, revocations: Sequence[Revocation]) -> None:
        if self.down:
            raise StoreUnavailable("down")
        await super().revoke(revocations)


@pytest.fixture
def store() -> Counted:
    return Counted()


def process(store: MemoryStore, clock: Clock, **options: Any) -> RevokedList:
    """The list of a process of its own."""
    return RevokedList(store, KIND, clock=clock, monotonic=clock, **options)


async def revoke(revoked: RevokedList, clock: Clock, *names: str) -> None:
    await revoked.add([(name, clock.now, clock.now + 60) for name in names])


async def test_what_is_revoked_here_is_over_at_once(store: Counted, clock: Clock) -> None:
    here = process(store, clock)
    await revoke(here, clock, "a")
    assert here.is_revoked("a", clock.now - 5)
    assert not here.is_revoked("b", clock.now - 5)


async def test_what_is_revoked_elsewhere_is_known_within_a_second(store: Counted, clock: Clock) -> None:
    here, there = process(store, clock), process(store, clock)
    await here.refresh()
    await revoke(there, clock, "a")
    clock.turn(seconds=1)
    assert not here.is_fresh()
    await here.refresh()
    assert here.is_revoked("a", clock.now)


async def test_a_list_that_begins_later_knows_all_that_was_revoked_before(
    store: Counted, clock: Clock
) -> None:
    names = [f"s{number}" for number in range(7)]
    await revoke(process(store, clock), clock, *names)
    late = process(store, clock)
    assert not late.is_fresh()
    await late.refresh()
    assert late.is_fresh()
    assert all(late.is_revoked(name, clock.now) for name in names)


async def test_the_store_is_asked_at_most_once_a_second(store: Counted, clock: Clock) -> None:
    here = process(store, clock)
    await asyncio.gather(*(here.refresh() for _ in range(50)))
    assert store.asked == 1
    clock.turn(seconds=0.5)
    await here.refresh()
    assert store.asked == 1
    clock.turn(seconds=0.5)
    await asyncio.gather(*(here.refresh() for _ in range(50)))
    assert store.asked == 2


async def test_who_goes_away_does_not_take_the_answer_with_him(store: Counted, clock: Clock) -> None:
    here = process(store, clock)
    first, second = asyncio.create_task(here.refresh()), asyncio.create_task(here.refresh())
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert here.is_fresh()
    assert store.asked == 1


async def test_who_waits_with_others_is_told_nothing_older_than_a_second(clock: Clock) -> None:
    read, answers = asyncio.Event(), asyncio.Event()

    class Slow(Counted):
        async def revoked_since(
            self, kind: str, cursor: str | None, limit: int
        ) -> tuple[list[Revocation], str, bool]:
            found = await super().revoked_since(kind, cursor, limit)
            # It has read, and the answer is long under way.
            read.set()
            await answers.wait()
            return found

    store = Slow()
    here, there = process(store, clock), process(store, clock)
    first = asyncio.create_task(here.refresh())
    await read.wait()
    await revoke(there, clock, "a")
    clock.turn(seconds=2)
    second = asyncio.create_task(here.refresh())
    await asyncio.sleep(0)
    answers.set()
    await asyncio.gather(first, second)
    assert here.is_revoked("a", clock.now - 5)


async def test_what_was_revoked_a_moment_ago_is_known_to_who_asks_for_it(
    store: Counted, clock: Clock
) -> None:
    here, there = process(store, clock), process(store, clock)
    await here.refresh()
    clock.turn(seconds=0.01)
    await revoke(there, clock, "a")
    await here.refresh()
    assert not here.is_revoked("a", clock.now)
    await here.renew()
    assert here.is_revoked("a", clock.now)


async def test_a_list_that_cannot_be_brought_up_to_date_is_not_fresh(store: Counted, clock: Clock) -> None:
    here = process(store, clock)
    await here.refresh()
    store.down = True
    clock.turn(seconds=1)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await here.refresh()
        assert not here.is_fresh()
    store.down = False
    await here.refresh()
    assert here.is_fresh()


async def test_what_a_store_that_is_down_did_not_take_is_over_here_all_the_same(
    store: Counted, clock: Clock
) -> None:
    here = process(store, clock)
    store.down = True
    with pytest.raises(StoreUnavailable):
        await revoke(here, clock, "a")
    assert here.is_revoked("a", clock.now)


async def test_a_store_without_end_is_given_up(clock: Clock) -> None:
    class Endless(MemoryStore):
        async def revoked_since(
            self, kind: str, cursor: str | None, limit: int
        ) -> tuple[list[Revocation], str, bool]:
            return [], "0", True

    with pytest.raises(StoreUnavailable):
        await process(Endless(), clock).refresh()


async def test_a_clock_that_was_turned_back_leaves_no_list_fresh(store: Counted, clock: Clock) -> None:
    here = process(store, clock)
    await here.refresh()
    clock.turn(seconds=-30)
    assert not here.is_fresh()


async def test_what_begins_anew_after_its_name_was_revoked_goes_on(store: Counted, clock: Clock) -> None:
    here = process(store, clock)
    assert here.revoked_at("ada") < 0
    await revoke(here, clock, "ada")
    assert here.revoked_at("ada") >= clock.now
    assert here.revoked_at("ada") < clock.now + 0.001
    assert here.revoked_at("bob") < 0


async def test_an_earlier_revocation_does_not_replace_a_later_one(store: Counted, clock: Clock) -> None:
    here = process(store, clock)
    await revoke(here, clock, "ada")
    later = here.revoked_at("ada")
    clock.turn(seconds=-10)
    await revoke(here, clock, "ada")
    assert here.revoked_at("ada") == later


async def test_beyond_the_bound_nobody_gets_in_by_what_was_forgotten(store: Counted, clock: Clock) -> None:
    here = process(store, clock, limit=20)
    for number in range(30):
        await revoke(here, clock, f"s{number}")
        clock.turn(seconds=1)
    assert len(here) <= 20
    begun = clock.now - 31
    assert all(here.is_revoked(f"s{number}", begun) for number in range(30))
    assert not here.is_revoked("new", clock.now)


async def test_what_has_expired_makes_room_first(store: Counted, clock: Clock) -> None:
    here = process(store, clock, limit=20)
    for number in range(20):
        await revoke(here, clock, f"old{number}")
    clock.turn(minutes=2)
    await revoke(here, clock, "new")
    assert len(here) == 1
    assert not here.is_revoked("other", clock.now - 200)
    assert here.is_revoked("new", clock.now)


async def test_lists_of_two_kinds_know_nothing_of_each_other(store: Counted, clock: Clock) -> None:
    other = RevokedList(store, "token", clock=clock, monotonic=clock)
    await revoke(process(store, clock), clock, "a")
    await other.refresh()
    assert not other.is_revoked("a", clock.now)


async def test_a_record_that_cannot_be_read_leaves_the_list_as_it_is(clock: Clock) -> None:
    class Odd(MemoryStore):
        async def revoked_since(
            self, kind: str, cursor: str | None, limit: int
        ) -> tuple[list[Revocation], str, bool]:
            moment: Any = "yesterday"
            until: Any = datetime.max
            return [Revocation(kind=kind, id="a", at=moment, until=until)], "1", False

    here = process(Odd(), clock)
    with pytest.raises(AttributeError):
        await here.refresh()
    assert not here.is_fresh()


async def test_what_has_nothing_to_do_with_the_list_is_clear_while_it_is_fresh(
    store: Counted, clock: Clock
) -> None:
    here = process(store, clock, limit=20)
    assert not here.is_clear(["a", "b"], clock.now)
    await here.refresh()
    assert here.is_clear(["a", "b"], clock.now)
    await revoke(here, clock, "b")
    assert not here.is_clear(["a", "b"], clock.now)
    assert here.is_clear(["a"], clock.now)
    clock.turn(seconds=1)
    assert not here.is_clear(["a"], clock.now)
    for number in range(30):
        await revoke(here, clock, f"s{number}")
    await here.refresh()
    assert not here.is_clear(["a"], clock.now)
    assert here.is_clear(["a"], clock.now + 1)
