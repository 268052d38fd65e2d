"""What every engine does with sessions."""

from __future__ import annotations

import asyncio

import pytest

from nexios.stores import SessionStore
from tests.stores.engines import Engine
from tests.stores.things import NOW, ODD_TEXTS, a_hash, a_session, later

pytestmark = pytest.mark.anyio


async def test_a_session_is_found_by_its_secret_and_by_its_id(every_engine: Engine) -> None:
    session = a_session()
    async with every_engine.open() as store:
        assert isinstance(store, SessionStore)
        await store.add_session(session)
        assert await store.find_session(session.secret_hash) == session
        assert await store.get_session(session.id) == session
        assert await store.find_session(a_hash("other")) is None
        assert await store.find_session(session.id) is None
        assert await store.get_session(session.secret_hash) is None


async def test_everything_of_a_session_is_kept(every_engine: Engine) -> None:
    session = a_session(
        identity="ada",
        data={"cart": b"[1, 2]", "big": b"x" * 1_000_000, "blank": b"", "raw": bytes(range(256))},
        last_seen_at=later(microseconds=1),
        idle_until=later(microseconds=900_001),
        address="2001:db8::1",
        user_agent="Mozilla/5.0 (\0)",
    )
    async with every_engine.open() as store:
        await store.add_session(session)
        assert await store.find_session(session.secret_hash) == session
        assert await store.get_session(session.id) == session
        assert await store.list_sessions("ada") == [session]


async def test_what_was_answered_is_the_askers_own(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_session(a_session(data={"a": b"1"}))
        (await store.get_session("s1")).data["a"] = b"2"
        assert (await store.get_session("s1")).data == {"a": b"1"}


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
async def test_text_is_text_whatever_is_in_it(every_engine: Engine, text: str) -> None:
    session = a_session(id=text or "s1", identity=text, data={text: b"1"}, address=text, user_agent=text)
    async with every_engine.open() as store:
        await store.add_session(a_session(id="other", secret_hash=a_hash("other"), identity="other"))
        await store.add_session(session)
        assert await store.list_sessions(text) == [session]
        assert await store.change_session(
            session.id, {text: None, text + "x" if len(text) < 9 else "x": b"2"}
        )
        assert list((await store.get_session(session.id)).data.values()) == [b"2"]
        assert await store.end_sessions(text) == 1
        assert await store.get_session(session.id) is None
        assert await store.get_session("other") is not None


async def test_an_id_or_a_secret_is_kept_once(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_session(a_session(data={"a": b"1"}))
        for clash in (a_session(secret_hash=a_hash("s2")), a_session(id="s2", data={"b": b"2"})):
            with pytest.raises(ValueError, match="kept already"):
                await store.add_session(clash)
        assert await store.find_session(a_hash("s2")) is None
        assert await store.get_session("s2") is None
        await store.add_session(a_session(id="s3", secret_hash=a_hash("s3")))
        with pytest.raises(ValueError, match="kept already"):
            await store.change_session("s3", {"c": b"3"}, secret_hash=a_hash("s1"))
        assert (await store.find_session(a_hash("s3"))).data == {}


async def test_a_name_that_is_too_long_is_refused_with_the_limit(every_engine: Engine) -> None:
    long = "x" * 257
    async with every_engine.open() as store:
        await store.add_session(a_session())
        for refused in (
            store.add_session(a_session(id="s2", secret_hash=a_hash("s2"), identity=long)),
            store.change_session("s1", {"kept": b"1", long: b"1"}),
            store.change_session("s1", {}, identity=long),
        ):
            with pytest.raises(ValueError, match="at most 256 letters"):
                await refused
        assert await store.get_session("s1") == a_session()
        assert await store.list_sessions(long) == []


async def test_a_change_sets_and_deletes_what_it_names_and_nothing_else(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_session(a_session(data={"a": b"1", "b": b"2", "c": b"3"}))
        assert await store.change_session("s1", {"a": b"9", "b": None, "missing": None, "d": b"4"})
        assert (await store.get_session("s1")).data == {"a": b"9", "c": b"3", "d": b"4"}
        assert await store.change_session("s1", {})
        assert not await store.change_session("other", {"a": b"1"})
        assert await store.get_session("other") is None


async def test_a_change_of_the_secret_kills_the_old_one(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_session(a_session(identity=None, data={"a": b"1"}))
        assert await store.change_session("s1", {"b": b"2"}, secret_hash=a_hash("new"), identity="bob")
        assert await store.find_session(a_hash("s1")) is None
        found = await store.find_session(a_hash("new"))
        assert found == a_session(secret_hash=a_hash("new"), identity="bob", data={"a": b"1", "b": b"2"})
        assert await store.list_sessions("bob") == [found]
        assert await store.change_session("s1", {}, secret_hash=a_hash("new"))


async def test_of_all_who_change_one_secret_at_once_one_does(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_session(a_session(data={"a": b"1"}))
        first = a_hash("s1")
        done = await asyncio.gather(
            *(
                store.change_session(
                    "s1", {f"k{each}": b"1"}, secret_hash=a_hash(f"new{each}"), in_place_of=first
                )
                for each in range(10)
            )
        )
        assert sorted(done) == [False] * 9 + [True]
        won = done.index(True)
        found = await store.find_session(a_hash(f"new{won}"))
        assert found.data == {"a": b"1", f"k{won}": b"1"}
        assert not await store.change_session("s1", {"b": b"2"}, in_place_of=first)
        assert await store.change_session("s1", {"b": b"2"}, in_place_of=a_hash(f"new{won}"))
        assert not await store.change_session("other", {"b": b"2"}, in_place_of=first)


async def test_a_session_that_goes_to_another_identity_is_no_longer_of_the_first(
    every_engine: Engine,
) -> None:
    async with every_engine.open() as store:
        await store.add_session(a_session(identity="ada"))
        assert await store.change_session("s1", {}, identity="bob")
        assert await store.list_sessions("ada") == []
        assert await store.end_sessions("ada") == 0
        assert [session.id for session in await store.list_sessions("bob")] == ["s1"]


async def test_of_many_changes_at_once_none_is_lost(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_session(a_session())
        changes = {f"k{each}": str(each).encode() for each in range(50)}
        done = await asyncio.gather(*(store.change_session("s1", {key: changes[key]}) for key in changes))
        assert done == [True] * 50
        assert (await store.get_session("s1")).data == changes


async def test_two_who_change_the_same_keys_in_another_order_do_not_block_each_other(
    every_engine: Engine,
) -> None:
    keys = [f"k{each}" for each in range(20)]
    async with every_engine.open() as store:
        await store.add_session(a_session())
        orders = [keys[::direction] for direction in (1, -1)] * 10
        changes = [dict.fromkeys(order, b"%d" % number) for number, order in enumerate(orders)]
        assert all(await asyncio.gather(*(store.change_session("s1", each) for each in changes)))
        # One of them was the last, and it was so for every key.
        assert len(set((await store.get_session("s1")).data.values())) == 1


async def test_a_session_that_has_ended_is_not_brought_back(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_session(a_session(data={"a": b"1"}))
        assert await store.end_session("s1")
        assert not await store.end_session("s1")
        assert not await store.change_session("s1", {"a": b"2"}, secret_hash=a_hash("new"), identity="ada")
        assert not await store.touch_session("s1", later(minutes=1), None)
        assert await store.get_session("s1") is None
        assert await store.find_session(a_hash("s1")) is None
        assert await store.find_session(a_hash("new")) is None
        assert await store.list_sessions("ada") == []


async def test_changes_that_race_with_the_end_leave_nothing(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        for round_ in range(5):
            session = a_session(id=f"s{round_}", secret_hash=a_hash(round_))
            await store.add_session(session)
            changes = [store.change_session(session.id, {f"k{each}": b"1"}) for each in range(10)]
            changes.insert(5, store.end_session(session.id))
            await asyncio.gather(*changes)
            assert await store.get_session(session.id) is None
            # The id could be had again, so nothing of the first is there.
            await store.add_session(session)
            assert (await store.get_session(session.id)).data == {}


async def test_a_use_is_noted_and_an_earlier_one_changes_nothing(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_session(a_session(idle_until=later(hours=1)))
        assert await store.touch_session("s1", later(minutes=2), later(hours=3))
        assert await store.touch_session("s1", later(minutes=1), later(hours=2))
        found = await store.get_session("s1")
        assert (found.last_seen_at, found.idle_until) == (later(minutes=2), later(hours=3))
        assert await store.touch_session("s1", later(minutes=3), None)
        assert (await store.find_session(a_hash("s1"))).idle_until is None


async def test_sessions_are_listed_the_last_one_seen_first(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        for number, minutes in enumerate([3, 1, 2, 2]):
            await store.add_session(
                a_session(
                    id=f"s{number}",
                    secret_hash=a_hash(number),
                    last_seen_at=later(minutes=minutes),
                    data={"a": b"1", "b": b"2"},
                )
            )
        await store.add_session(a_session(id="bob", secret_hash=a_hash("bob"), identity="bob"))
        listed = await store.list_sessions("ada")
        assert [session.id for session in listed] == ["s0", "s2", "s3", "s1"]
        assert {len(session.data) for session in listed} == {2}
        assert [session.id for session in await store.list_sessions("ada", limit=2)] == ["s0", "s2"]


async def test_all_sessions_of_an_identity_end_but_the_one_to_keep(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        for each in range(4):
            await store.add_session(a_session(id=f"s{each}", secret_hash=a_hash(each), data={"a": b"1"}))
        await store.add_session(a_session(id="bob", secret_hash=a_hash("bob"), identity="bob"))
        assert await store.end_sessions("ada", keep="s2") == 3
        assert [session.id for session in await store.list_sessions("ada")] == ["s2"]
        assert await store.end_sessions("ada", keep="bob") == 1
        assert await store.end_sessions("ada") == 0
        assert await store.get_session("bob") is not None


async def test_sessions_that_are_over_are_deleted_a_bounded_number_at_a_time(every_engine: Engine) -> None:
    over = {
        "o1": {"expires_at": later(hours=1)},
        "o2": {"idle_until": later(hours=1)},
        "o3": {"expires_at": later(hours=1), "idle_until": later(hours=2)},
    }
    on = {"g1": {}, "g2": {"idle_until": later(hours=3)}, "g3": {"idle_until": later(hours=1)}}
    async with every_engine.open() as store:
        for each, fields in {**over, **on}.items():
            await store.add_session(a_session(id=each, secret_hash=a_hash(each), data={"a": b"1"}, **fields))
        await store.touch_session("g3", later(minutes=1), later(hours=9))
        purged = [await store.purge_sessions(later(hours=2), 2) for _ in range(3)]
        # Redis's keys expire by themselves.
        assert purged == ([0, 0, 0] if every_engine.kind == "redis" else [2, 1, 0])
        if every_engine.kind != "redis":
            left = sorted(session.id for session in await store.list_sessions("ada"))
            assert left == ["g1", "g2", "g3"]
        assert await store.purge_sessions(NOW, 10) == 0
