"""What every engine does with revocations, and with what may be seen once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nexios.stores import Revocation, RevocationStore
from tests.stores.engines import Engine
from tests.stores.things import NOW, ODD_TEXTS, a_revocation, later

pytestmark = pytest.mark.anyio


async def everything(
    store: Any, kind: str, cursor: str | None, limit: int = 1000
) -> tuple[list[Revocation], str]:
    """What is new, read to its end."""
    found: list[Revocation] = []
    more = True
    while more:
        part, cursor, more = await store.revoked_since(kind, cursor, limit)
        assert len(part) <= limit
        found += part
    assert cursor is not None
    return found, cursor


async def test_where_nothing_is_revoked_there_is_a_place_to_go_on_from(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        assert isinstance(store, RevocationStore)
        found, cursor = await everything(store, "jti", None)
        assert found == []
        await store.revoke([])
        await store.revoke([a_revocation()])
        found, cursor = await everything(store, "jti", cursor)
        assert found == [a_revocation()]
        assert (await everything(store, "jti", cursor))[0] in ([], [a_revocation()])


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
async def test_text_is_text_whatever_is_in_it(every_engine: Engine, text: str) -> None:
    revoked = a_revocation(kind=text, id=text, at=later(microseconds=1), until=later(microseconds=2))
    async with every_engine.open() as store:
        await store.revoke([a_revocation(kind="other"), revoked])
        for limit in (1, 10):
            assert (await everything(store, text, None, limit))[0] == [revoked]
        assert await store.first_seen("jti", text, NOW)
        assert not await store.first_seen("jti", text, NOW)


async def test_kinds_and_ids_are_not_mixed_up(every_engine: Engine) -> None:
    ones = [
        a_revocation(kind="a:b", id="c"),
        a_revocation(kind="a", id="b:c"),
        a_revocation(kind="a", id="c"),
    ]
    async with every_engine.open() as store:
        await store.revoke(ones)
        assert (await everything(store, "a:b", None))[0] == ones[:1]
        assert {each.id for each in (await everything(store, "a", None))[0]} == {"b:c", "c"}
        assert await store.first_seen("a:b", "c", NOW)
        assert await store.first_seen("a", "b:c", NOW)


async def test_what_is_revoked_again_keeps_the_later_moments(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.revoke([a_revocation(at=later(hours=1), until=later(hours=2))])
        _, cursor = await everything(store, "jti", None)
        await store.revoke([a_revocation(at=NOW, until=later(hours=3)), a_revocation()])
        new, _ = await everything(store, "jti", cursor)
        assert new == [a_revocation(at=later(hours=1), until=later(hours=3))]
        assert (await everything(store, "jti", None))[0] == new


async def test_many_are_read_in_parts(every_engine: Engine) -> None:
    many = [a_revocation(id=f"r{each:04}") for each in range(1200)]
    async with every_engine.open() as store:
        await store.revoke(many[:1000])
        part, cursor, more = await store.revoked_since("jti", None, 300)
        assert (len(part), more) == (300, True)
        await store.revoke(many[1000:])
        rest, _ = await everything(store, "jti", cursor, 300)
        assert {each.id for each in part + rest} == {each.id for each in many}


async def test_a_part_that_is_just_full_may_be_the_last(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.revoke([a_revocation(id=f"r{each}") for each in range(4)])
        part, _, more = await store.revoked_since("jti", None, 4)
        assert (len(part), more) == (4, False)


async def test_whoever_reads_all_along_misses_nothing(every_engine: Engine) -> None:
    seen: set[str] = set()

    async with every_engine.open() as store:

        async def revoke(number: int) -> None:
            await store.revoke([a_revocation(id=f"{number}-{each}") for each in range(3)])

        writing = asyncio.gather(*(revoke(number) for number in range(40)))
        cursor: str | None = None
        while not writing.done():
            new, cursor = await everything(store, "jti", cursor, 7)
            seen |= {each.id for each in new}
            await asyncio.sleep(0)
        await writing
        new, cursor = await everything(store, "jti", cursor, 7)
        assert len(seen | {each.id for each in new}) == 120


async def test_two_who_revoke_the_same_in_another_order_do_not_block_each_other(every_engine: Engine) -> None:
    ones = [a_revocation(id=f"r{each}") for each in range(30)]
    async with every_engine.open() as store:
        await asyncio.gather(*(store.revoke(ones[:: 1 if each % 2 else -1]) for each in range(10)))
        assert len((await everything(store, "jti", None))[0]) == 30


@pytest.mark.parametrize("odd", ["", "x", "1:2", "a:b:c:d", "9:9", "1:1:1"])
async def test_a_cursor_that_is_none_is_refused_or_starts_over(every_engine: Engine, odd: str) -> None:
    async with every_engine.open() as store:
        await store.revoke([a_revocation()])
        try:
            found, _, _ = await store.revoked_since("jti", odd, 10)
        except ValueError:
            return
        assert found == [a_revocation()]


async def test_a_cursor_from_before_the_store_was_emptied_starts_over(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.revoke([a_revocation(id=f"r{each}") for each in range(9)])
        _, cursor = await everything(store, "jti", None)
        found, _ = await everything(store, "jti", _further(cursor))
        assert len(found) == 9


async def test_of_many_who_ask_at_once_one_was_the_first(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        asked = await asyncio.gather(*(store.first_seen("jti", "once", later(hours=1)) for _ in range(50)))
        assert asked.count(True) == 1
        assert await store.first_seen("jti", "another", later(hours=1))
        assert await store.first_seen("kind", "once", later(hours=1))
        assert await store.first_seen("jti", "x" * 100_000, later(hours=1))


async def test_what_nobody_needs_to_know_is_deleted_a_bounded_number_at_a_time(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.revoke([a_revocation(id=f"r{each}") for each in range(3)])
        await store.revoke([a_revocation(id="on", until=later(hours=2))])
        for each in range(2):
            await store.first_seen("jti", f"v{each}", later(hours=1))
        await store.first_seen("jti", "on", later(hours=2))
        assert await store.purge_revocations(NOW, 10) == 0
        purged = [await store.purge_revocations(later(hours=1), 2) for _ in range(4)]
        # Redis's keys expire by themselves.
        assert purged == ([0, 0, 0, 0] if every_engine.kind == "redis" else [2, 2, 1, 0])
        if every_engine.kind != "redis":
            assert [each.id for each in (await everything(store, "jti", None))[0]] == ["on"]
            assert await store.first_seen("jti", "v0", later(hours=1))
        assert not await store.first_seen("jti", "on", later(hours=2))


def _further(cursor: str) -> str:
    """A place in a store that had counted further, or by another name, than the one that is there."""
    first, colon, rest = cursor.partition(":")
    return f"{int(first, 16) + 10**15}{colon}{rest}"
