"""What every engine does with refresh tokens."""

from __future__ import annotations

import asyncio

import pytest

from nexios.stores import TokenStore
from tests.stores.engines import Engine
from tests.stores.things import NOW, ODD_TEXTS, a_family, a_hash, a_token, later

pytestmark = pytest.mark.anyio


async def test_everything_of_a_token_and_its_family_is_kept(every_engine: Engine) -> None:
    family = a_family(client="\0c", scope="read write", claims=b'{"a": "\\u0000"}', ended_at=later(days=1))
    token = a_token(expires_at=later(microseconds=1), used_at=later(microseconds=2))
    async with every_engine.open() as store:
        assert isinstance(store, TokenStore)
        await store.add_family(family, token)
        assert await store.find_refresh(token.token_hash) == (token, family)
        assert await store.find_refresh(a_hash("other")) is None
        assert await store.use_refresh(a_hash("other"), NOW) is None


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
async def test_text_is_text_whatever_is_in_it(every_engine: Engine, text: str) -> None:
    family = a_family(id=text or "f1", subject=text, client=text, scope=text)
    async with every_engine.open() as store:
        await store.add_family(
            a_family(id="other", subject="o"), a_token(token_hash=a_hash(2), family="other")
        )
        await store.add_family(family, a_token(family=family.id))
        assert await store.find_refresh(a_hash("t1")) == (a_token(family=family.id), family)
        assert await store.end_families(text, NOW) == 1
        assert (await store.find_refresh(a_hash(2)))[1].ended_at is None


async def test_a_token_is_answered_as_it_was_before_its_use(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_family(a_family(), a_token())
        assert await store.use_refresh(a_hash("t1"), NOW) == (a_token(), a_family())
        second = await store.use_refresh(a_hash("t1"), later(hours=1))
        assert second == (a_token(used_at=NOW), a_family())
        assert await store.find_refresh(a_hash("t1")) == second


async def test_of_many_who_use_a_token_at_once_one_is_the_first(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_family(a_family(), a_token())
        moments = [later(seconds=each) for each in range(50)]
        used = await asyncio.gather(*(store.use_refresh(a_hash("t1"), moment) for moment in moments))
        seen = [token.used_at for token, _ in used]
        first = seen.index(None)
        assert seen == [moments[first] if number != first else None for number in range(50)]


async def test_a_family_has_many_tokens_until_it_ends(every_engine: Engine) -> None:
    second = a_token(token_hash=a_hash("t2"))
    async with every_engine.open() as store:
        await store.add_family(a_family(), a_token())
        assert await store.add_refresh(second)
        assert await store.find_refresh(a_hash("t2")) == (second, a_family())
        assert await store.end_family("f1", NOW)
        assert not await store.add_refresh(a_token(token_hash=a_hash("t3")))
        assert await store.find_refresh(a_hash("t3")) is None
        assert not await store.add_refresh(a_token(token_hash=a_hash("t4"), family="missing"))


async def test_a_family_that_has_ended_keeps_its_moment(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_family(a_family(), a_token())
        assert await store.end_family("f1", NOW)
        assert await store.end_family("f1", later(hours=1))
        assert not await store.end_family("missing", NOW)
        _, family = await store.use_refresh(a_hash("t1"), NOW)
        assert family.ended_at == NOW


async def test_all_families_of_a_subject_end(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        for each in range(4):
            subject = "bob" if each == 3 else "ada"
            await store.add_family(
                a_family(id=f"f{each}", subject=subject), a_token(token_hash=a_hash(each), family=f"f{each}")
            )
        await store.end_family("f0", NOW)
        assert await store.end_families("ada", later(hours=1)) == 2
        assert await store.end_families("ada", later(hours=2)) == 0
        ended = [(await store.find_refresh(a_hash(each)))[1].ended_at for each in range(4)]
        assert ended == [NOW, later(hours=1), later(hours=1), None]


async def test_an_id_or_a_hash_is_kept_once(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        await store.add_family(a_family(), a_token())
        for family, token in (
            (a_family(), a_token(token_hash=a_hash("t2"))),
            (a_family(id="f2"), a_token(family="f2")),
        ):
            with pytest.raises(ValueError, match="kept already"):
                await store.add_family(family, token)
        with pytest.raises(ValueError, match="kept already"):
            await store.add_refresh(a_token())
        # Neither half of what was refused is there.
        assert await store.find_refresh(a_hash("t2")) is None
        assert not await store.end_family("f2", NOW)


async def test_a_name_that_is_too_long_is_refused_with_the_limit(every_engine: Engine) -> None:
    async with every_engine.open() as store:
        with pytest.raises(ValueError, match="at most 256 letters"):
            await store.add_family(a_family(subject="x" * 257), a_token())
        assert await store.use_refresh("x" * 10_000, NOW) is None


async def test_families_that_are_over_go_with_their_tokens_a_bounded_number_at_a_time(
    every_engine: Engine,
) -> None:
    async with every_engine.open() as store:
        for each in range(4):
            family = a_family(id=f"f{each}", expires_at=later(days=1 if each < 3 else 9))
            await store.add_family(family, a_token(token_hash=a_hash(each), family=family.id))
            await store.add_refresh(a_token(token_hash=a_hash(f"more{each}"), family=family.id))
        purged = [await store.purge_tokens(later(days=1), 2) for _ in range(3)]
        # Redis's keys expire by themselves.
        assert purged == ([0, 0, 0] if every_engine.kind == "redis" else [2, 1, 0])
        left = [await store.find_refresh(a_hash(of)) for of in (0, "more0", 3, "more3")]
        assert [each is not None for each in left] == [every_engine.kind == "redis"] * 2 + [True] * 2
