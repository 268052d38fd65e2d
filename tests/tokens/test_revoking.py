"""What was called back opens nothing: here at once, and in every process within a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nexios.exceptions import InvalidToken, StoreUnavailable
from nexios.stores import MemoryStore
from nexios.tokens import KeyRing, Tokens
from tests.parts import Clock
from tests.tokens.issuing import tokens_of

pytestmark = pytest.mark.anyio


class Watched(MemoryStore):
    """A store that counts every question, and may be down."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.down = False

    def __getattribute__(self, name: str) -> Any:
        found = object.__getattribute__(self, name)
        if name.startswith(("find_", "use_", "add_", "end_", "revoke", "revoked_", "purge_")):
            self.asked.append(name)
            if self.down:
                raise StoreUnavailable("down")
        return found


async def dead(tokens: Tokens, token: str) -> None:
    with pytest.raises(InvalidToken, match="revoked"):
        await tokens.verify(token)
    if tokens._revocations.is_fresh():
        with pytest.raises(InvalidToken, match="revoked"):
            tokens.verify_at_once(token)


async def test_an_access_token_is_called_back_by_itself(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair, other = await tokens.issue("7"), await tokens.issue("7")
    assert await tokens.revoke(pair.access_token)
    await dead(tokens, pair.access_token)
    await tokens.verify(other.access_token)
    assert await tokens.refresh(pair.refresh_token)


async def test_a_refresh_token_is_called_back_with_all_of_its_login(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair, other = await tokens.issue("7"), await tokens.issue("7")
    following = await tokens.refresh(pair.refresh_token)
    assert await tokens.revoke(following.refresh_token)
    assert not await tokens.revoke(following.refresh_token)
    for token in (pair.access_token, following.access_token):
        await dead(tokens, token)
    with pytest.raises(InvalidToken):
        await tokens.refresh(following.refresh_token)
    await tokens.verify(other.access_token)


async def test_a_login_is_ended_by_what_its_access_token_says(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7")
    sid = (await tokens.verify(pair.access_token))["sid"]
    assert await tokens.revoke_family(sid)
    await dead(tokens, pair.access_token)
    with pytest.raises(InvalidToken):
        await tokens.refresh(pair.refresh_token)
    assert not await tokens.revoke_family("other")


async def test_all_of_a_subject_is_over_and_a_login_right_after_is_not(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    before = [await tokens.issue("7") for _ in range(3)]
    bystander = await tokens.issue("8")
    assert await tokens.revoke_all("7") == 3
    # In the same microsecond, as when a password is changed.
    after = await tokens.issue("7")
    for pair in before:
        await dead(tokens, pair.access_token)
        with pytest.raises(InvalidToken):
            await tokens.refresh(pair.refresh_token)
    await tokens.verify(after.access_token)
    following = await tokens.refresh(after.refresh_token)
    await tokens.verify(following.access_token)
    await tokens.verify(bystander.access_token)


@pytest.mark.parametrize("leeway", [0, 30])
async def test_a_login_right_after_it_is_good_in_every_process(leeway: int, clock: Clock) -> None:
    store = MemoryStore()
    here, there = (tokens_of(store, clock, leeway=timedelta(seconds=leeway)) for _ in range(2))
    before = await there.issue("7")
    await there.verify(before.access_token)
    clock.turn(seconds=0.01)
    await here.revoke_all("7")
    clock.turn(seconds=0.01)
    after = await there.issue("7")
    clock.turn(seconds=2)
    for process in (here, there):
        await dead(process, before.access_token)
        await process.verify(after.access_token)


async def test_a_login_after_a_revocation_is_revoked_in_turn_by_any_clock(clock: Clock) -> None:
    store, ahead, leeway = MemoryStore(), Clock(clock.now + 30), timedelta(seconds=30)
    here, there = tokens_of(store, clock, leeway=leeway), tokens_of(store, ahead, leeway=leeway)
    for revokes, logs_in in ((here, here), (there, here), (here, there), (there, there)):
        await revokes.revoke_all("7")
        pair = await logs_in.issue("7")
        clock.turn(seconds=1)
        ahead.turn(seconds=1)
        await here.revoke_all("7")
        await dead(there, pair.access_token)


async def test_a_clock_ahead_saves_no_token_from_a_revocation(clock: Clock) -> None:
    store, ahead = MemoryStore(), Clock(clock.now + 3)
    leeway = timedelta(seconds=5)
    here, there = tokens_of(store, clock, leeway=leeway), tokens_of(store, ahead, leeway=leeway)
    pair = await there.issue("7")
    await here.revoke_all("7")
    await dead(here, pair.access_token)


async def test_a_name_that_looks_like_a_tokens_ends_nobody_elses(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7")
    claims = await tokens.verify(pair.access_token)
    for name in (claims["jti"], claims["sid"]):
        await tokens.revoke_all(name)
    await tokens.verify(pair.access_token)


async def test_other_processes_know_within_a_second(clock: Clock) -> None:
    store = MemoryStore()
    here, there = tokens_of(store, clock), tokens_of(store, clock)
    pairs = [await here.issue(subject) for subject in ("7", "7", "8")]
    for pair in pairs:
        await there.verify(pair.access_token)
    await here.revoke(pairs[0].access_token)
    await here.revoke(pairs[1].refresh_token)
    await here.revoke_all("8")
    clock.turn(seconds=1)
    assert all(there.verify_at_once(pair.access_token) is None for pair in pairs)
    for pair in pairs:
        await dead(there, pair.access_token)
        await dead(tokens_of(store, clock), pair.access_token)


async def test_a_token_costs_no_question_while_the_list_is_fresh(clock: Clock) -> None:
    store = Watched()
    tokens = tokens_of(store, clock)
    pairs = [await tokens.issue(str(number)) for number in range(20)]
    clock.turn(seconds=1)
    store.asked.clear()
    await asyncio.gather(*(tokens.verify(pair.access_token) for pair in pairs))
    assert store.asked == ["revoked_since"]
    for pair in pairs:
        assert tokens.verify_at_once(pair.access_token) is not None
    assert store.asked == ["revoked_since"]


async def test_junk_costs_no_question(clock: Clock) -> None:
    store = Watched()
    tokens = tokens_of(store, clock)
    for junk in ("", "a.b.c", "rt_" + "A" * 42, "rt_" + "!" * 43):
        for ask in (tokens.verify, tokens.refresh):
            with pytest.raises(InvalidToken):
                await ask(junk)
        assert not await tokens.revoke(junk)
    assert store.asked == []


async def test_where_revocations_cannot_be_known_nobody_is_let_in(clock: Clock) -> None:
    store = Watched()
    tokens = tokens_of(store, clock)
    pair = await tokens.issue("7")
    claims = await tokens.verify(pair.access_token)
    assert claims.hold_at(clock.now)
    store.down = True
    clock.turn(seconds=1)
    assert not claims.hold_at(clock.now)
    assert tokens.verify_at_once(pair.access_token) is None
    with pytest.raises(StoreUnavailable):
        await tokens.verify(pair.access_token)
    store.down = False
    await tokens.verify(pair.access_token)


async def test_claims_that_are_kept_hold_until_they_are_revoked_or_expire(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    first, second = await tokens.issue("7"), await tokens.issue("7")
    revoked, left = await tokens.verify(first.access_token), await tokens.verify(second.access_token)
    await tokens.revoke(first.access_token)
    assert not revoked.hold_at(clock.now)
    assert left.hold_at(clock.now)
    assert not left.hold_at(clock.now + 600)


@pytest.mark.parametrize("half", ["revoke", "end_families"])
async def test_a_subject_half_revoked_can_be_revoked_again(half: str, clock: Clock) -> None:
    class Half(MemoryStore):
        down = True

        def __getattribute__(self, name: str) -> Any:
            if name == half and object.__getattribute__(self, "down"):
                raise StoreUnavailable("down")
            return object.__getattribute__(self, name)

    store = Half()
    tokens = tokens_of(store, clock)
    pair = await tokens.issue("7")
    with pytest.raises(StoreUnavailable):
        await tokens.revoke_all("7")
    await dead(tokens, pair.access_token)
    store.down = False
    assert await tokens.revoke_all("7") == 1
    with pytest.raises(InvalidToken):
        await tokens.refresh(pair.refresh_token)


@pytest.mark.parametrize("retired", [False, True], ids=["another key is made", "its key is retired"])
async def test_a_key_that_is_retired_while_the_store_is_asked_lets_nobody_in(
    retired: bool, clock: Clock
) -> None:
    ring = KeyRing.generate("EdDSA")
    signing = ring.signing_key.kid
    meanwhile: list[Callable[[], object]] = []

    class Slow(MemoryStore):
        async def revoked_since(self, kind: str, cursor: str | None, limit: int) -> Any:
            while meanwhile:
                meanwhile.pop(0)()
            return await super().revoked_since(kind, cursor, limit)

    tokens = tokens_of(Slow(), clock, ring=ring)
    pair = await tokens.issue("7")
    clock.turn(seconds=2)
    meanwhile += [ring.rotate, *([lambda: ring.retire(signing)] if retired else [])]
    if retired:
        with pytest.raises(InvalidToken, match="signature"):
            await tokens.verify(pair.access_token)
    else:
        assert (await tokens.verify(pair.access_token))["sub"] == "7"
    assert not meanwhile


async def test_a_revocation_is_remembered_for_as_long_as_a_token_may_live_by_any_clock(clock: Clock) -> None:
    tokens = tokens_of(clock=clock, access_ttl=timedelta(minutes=10), leeway=timedelta(seconds=30))
    pair = await tokens.issue("7")
    await tokens.revoke(pair.access_token)
    await tokens.revoke_all("8")
    # Twice the leeway, and a minute besides.
    clock.turn(minutes=12, seconds=-1)
    assert await tokens.purge() == 0
    clock.turn(seconds=1)
    assert await tokens.purge() == 1
    # All of a subject, also by a clock that is ahead by the leeway.
    clock.turn(seconds=29)
    assert await tokens.purge() == 0
    clock.turn(seconds=1)
    assert await tokens.purge() == 1


async def test_a_purge_says_how_many_logins_and_revocations_were_deleted(clock: Clock) -> None:
    tokens = tokens_of(clock=clock, refresh_ttl=timedelta(hours=1))
    pairs = [await tokens.issue("7") for _ in range(3)]
    for pair in pairs[:2]:
        await tokens.revoke(pair.access_token)
    clock.turn(hours=2)
    assert await tokens.purge(limit=1) == 2
    assert await tokens.purge() == 3
    assert await tokens.purge() == 0


async def test_a_login_right_after_a_revocation_is_dated_now(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    await tokens.revoke_all("7")
    claims = await tokens.verify((await tokens.issue("7")).access_token)
    assert claims["iat"] == int(clock.now)


@pytest.mark.parametrize("letters", [1, 255])
async def test_a_subject_has_up_to_255_letters(letters: int, clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("x" * letters)
    assert await tokens.revoke_all("x" * letters) == 1
    await dead(tokens, pair.access_token)


@pytest.mark.parametrize("subject", ["", "x" * 256], ids=len)
async def test_whoever_has_more_or_none_is_nobody(subject: str, clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    for ask in (tokens.issue, tokens.revoke_all):
        with pytest.raises(ValueError, match="1 to 255 letters"):
            await ask(subject)
