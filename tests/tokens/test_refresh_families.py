"""A refresh token is good once; when it comes again, all that came of its login is over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nexios.events import Event, Events, TokenIssued, TokenRefreshed, TokenReused, TokenRevoked
from nexios.exceptions import InvalidToken, StoreUnavailable
from nexios.exceptions import TokenReused as Reused
from nexios.stores import MemoryStore, RefreshRecord
from tests.parts import Clock
from tests.stores.engines import Engine, fresh, needs_service
from tests.tokens.issuing import tokens_of

pytestmark = pytest.mark.anyio

SERVICES = [pytest.param(name, id=name, marks=pytest.mark.service) for name in ("postgresql", "redis")]


@pytest.fixture(params=["memory", "sqlite", *SERVICES])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine that keeps tokens."""
    needs_service(request.param)
    with fresh(request.param, tmp_path) as made:
        yield made


async def test_a_second_use_ends_the_whole_login(engine: Engine, clock: Clock) -> None:
    async with engine.open() as store:
        tokens = tokens_of(store, clock)
        stolen = await tokens.issue("7")
        other_login = await tokens.issue("7")
        clock.turn(minutes=1)
        following = await tokens.refresh(stolen.refresh_token)
        clock.turn(minutes=1)
        with pytest.raises(Reused):
            await tokens.refresh(stolen.refresh_token)
        for pair in (stolen, following):
            with pytest.raises(InvalidToken, match="revoked"):
                await tokens.verify(pair.access_token)
            with pytest.raises(InvalidToken):
                await tokens.refresh(pair.refresh_token)
        # The other login of the same person goes on.
        await tokens.verify(other_login.access_token)
        await tokens.refresh(other_login.refresh_token)


async def test_of_fifty_who_refresh_at_once_at_most_one_wins(engine: Engine, clock: Clock) -> None:
    async with engine.open() as store:
        processes = [tokens_of(store, clock) for _ in range(5)]
        pair = await processes[0].issue("7")
        results = await asyncio.gather(
            *(processes[turn % 5].refresh(pair.refresh_token) for turn in range(50)), return_exceptions=True
        )
        won = [each for each in results if not isinstance(each, BaseException)]
        assert len(won) <= 1
        assert all(isinstance(each, InvalidToken) for each in results if each not in won)
        assert any(isinstance(each, Reused) for each in results)
        # The login was ended by those who came too late.
        for each in [pair, *won]:
            with pytest.raises(InvalidToken):
                await processes[0].refresh(each.refresh_token)


async def test_of_fifty_who_refresh_at_once_within_the_grace_all_stay(engine: Engine, clock: Clock) -> None:
    async with engine.open() as store:
        tokens = tokens_of(store, clock, reuse_grace=timedelta(seconds=10))
        pair = await tokens.issue("7")
        found = await asyncio.gather(*(tokens.refresh(pair.refresh_token) for _ in range(50)))
        assert len({each.refresh_token for each in found}) == 50
        sids = {(await tokens.verify(each.access_token))["sid"] for each in found}
        assert len(sids) == 1


@pytest.mark.parametrize("late", [0, 1])
@pytest.mark.parametrize("grace", [1, 10])
async def test_an_answer_that_was_lost_may_be_asked_for_again_within_the_grace(
    grace: int, late: int, clock: Clock
) -> None:
    tokens = tokens_of(clock=clock, reuse_grace=timedelta(seconds=grace))
    pair = await tokens.issue("7")
    await tokens.refresh(pair.refresh_token)
    clock.turn(seconds=grace - 1)
    again = await tokens.refresh(pair.refresh_token)
    clock.turn(seconds=1 + late)
    with pytest.raises(Reused):
        await tokens.refresh(pair.refresh_token)
    with pytest.raises(InvalidToken):
        await tokens.refresh(again.refresh_token)


async def test_within_the_grace_an_earlier_clock_forgives_as_well(clock: Clock) -> None:
    store, grace = MemoryStore(), timedelta(seconds=10)
    here = tokens_of(store, clock, reuse_grace=grace)
    behind = tokens_of(store, Clock(clock.now - 1), reuse_grace=grace)
    pair = await behind.issue("7")
    await here.refresh(pair.refresh_token)
    assert await behind.refresh(pair.refresh_token)


async def test_without_a_grace_not_even_an_earlier_clock_forgives(clock: Clock) -> None:
    store, behind = MemoryStore(), Clock(clock.now - 1)
    pair = await tokens_of(store, clock, leeway=timedelta(seconds=5)).issue("7")
    await tokens_of(store, clock).refresh(pair.refresh_token)
    with pytest.raises(Reused):
        await tokens_of(store, behind).refresh(pair.refresh_token)


async def test_a_login_goes_on_as_long_as_it_was_meant_to_and_no_longer(clock: Clock) -> None:
    tokens = tokens_of(clock=clock, refresh_ttl=timedelta(days=30))
    pair = await tokens.issue("7")
    for _ in range(29):
        clock.turn(days=1)
        pair = await tokens.refresh(pair.refresh_token)
    clock.turn(hours=23, minutes=59, seconds=59)
    pair = await tokens.refresh(pair.refresh_token)
    clock.turn(seconds=1)
    with pytest.raises(InvalidToken, match="expired"):
        await tokens.refresh(pair.refresh_token)


class Failing(MemoryStore):
    """A store that is down for one of its methods."""

    down: str = ""

    def __getattribute__(self, name: str) -> Any:
        if name == object.__getattribute__(self, "down"):
            raise StoreUnavailable("down")
        return object.__getattribute__(self, name)


@pytest.mark.parametrize("down", ["revoke", "end_family"])
async def test_a_theft_that_a_dead_store_hid_is_found_when_it_is_back(down: str, clock: Clock) -> None:
    store = Failing()
    tokens = tokens_of(store, clock)
    pair = await tokens.issue("7")
    following = await tokens.refresh(pair.refresh_token)
    store.down = down
    with pytest.raises(StoreUnavailable):
        await tokens.refresh(pair.refresh_token)
    store.down = ""
    with pytest.raises(Reused):
        await tokens.refresh(pair.refresh_token)
    with pytest.raises(InvalidToken):
        await tokens.refresh(following.refresh_token)


@pytest.mark.parametrize("down", ["find_refresh", "use_refresh", "add_refresh"])
async def test_a_refresh_from_a_dead_store_gets_nothing(down: str, clock: Clock) -> None:
    store = Failing()
    tokens = tokens_of(store, clock, reuse_grace=timedelta(seconds=10))
    pair = await tokens.issue("7")
    store.down = down
    with pytest.raises(StoreUnavailable):
        await tokens.refresh(pair.refresh_token)
    store.down = ""
    assert await tokens.refresh(pair.refresh_token)


async def test_a_login_that_ends_while_it_is_refreshed_gets_nothing_more(clock: Clock) -> None:
    class Ending(MemoryStore):
        async def add_refresh(self, token: RefreshRecord) -> bool:
            # Somebody revokes everything between the two questions.
            await self.end_families("7", datetime.fromtimestamp(clock.now, UTC))
            return await super().add_refresh(token)

    tokens = tokens_of(Ending(), clock)
    pair = await tokens.issue("7")
    with pytest.raises(InvalidToken, match="just ended"):
        await tokens.refresh(pair.refresh_token)


async def test_what_happens_is_told_without_a_secret(clock: Clock) -> None:
    events, heard = Events(), list[Event]()
    events.tap()(heard.append)
    tokens = tokens_of(clock=clock, events=events)
    pair = await tokens.issue("7", client_id="app")
    following = await tokens.refresh(pair.refresh_token, client_id="app")
    with pytest.raises(Reused):
        await tokens.refresh(pair.refresh_token, client_id="app")
    second = await tokens.issue("7")
    await tokens.revoke(second.access_token)
    await tokens.revoke(second.refresh_token)
    await tokens.revoke_all("7")
    kinds = [TokenIssued, TokenRefreshed, TokenReused, TokenIssued, TokenRevoked, TokenRevoked, TokenRevoked]
    assert [type(each) for each in heard] == kinds
    assert all(each.identity == "7" and each.scope == "jwt" for each in heard)
    assert all(each.at == datetime.fromtimestamp(clock.now, UTC) for each in heard)
    for secret in (pair, following, second):
        assert secret.refresh_token not in repr(heard)
        assert secret.access_token not in repr(heard)


async def test_what_is_over_by_time_is_deleted_while_nobody_waits(clock: Clock) -> None:
    store = MemoryStore()
    tokens = tokens_of(store, clock, refresh_ttl=timedelta(hours=1))
    for _ in range(3):
        await tokens.issue("7")
    await tokens.revoke_all("7")
    clock.turn(days=1)
    await tokens.issue("8")
    # The next turn of the loop.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(store._families) == 1
    assert await tokens.purge() == 0
