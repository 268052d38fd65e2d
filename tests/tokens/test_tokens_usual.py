"""What holds of tokens where nothing else is set, and the least that can be set."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nexios.exceptions import ConfigError, InvalidToken, TokenReused
from nexios.stores import MemoryStore
from nexios.tokens import KeyRing, TokenPair, Tokens
from tests.parts import Clock
from tests.tokens.issuing import AUDIENCE, ISSUER, RING, tokens_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(RING, store=MemoryStore(), issuer=ISSUER, audience=AUDIENCE, clock=clock, monotonic=clock)


async def test_an_access_token_lives_ten_minutes(tokens: Tokens, clock: Clock) -> None:
    pair = await tokens.issue("7")
    assert pair.expires_in == 600
    clock.turn(minutes=10, microseconds=-1)
    assert (await tokens.verify(pair.access_token))["sub"] == "7"
    clock.turn(microseconds=1)
    with pytest.raises(InvalidToken, match="expired"):
        await tokens.verify(pair.access_token)


async def test_a_login_lives_thirty_days(tokens: Tokens, clock: Clock) -> None:
    good, late = await tokens.issue("7"), await tokens.issue("7")
    clock.turn(days=30, seconds=-1)
    assert (await tokens.refresh(good.refresh_token)).expires_in == 1
    clock.turn(seconds=1)
    with pytest.raises(InvalidToken):
        await tokens.refresh(late.refresh_token)


async def test_a_refresh_token_may_come_again_for_ten_seconds(tokens: Tokens, clock: Clock) -> None:
    pair = await tokens.issue("7")
    await tokens.refresh(pair.refresh_token)
    clock.turn(seconds=9.9)
    await tokens.refresh(pair.refresh_token)
    clock.turn(seconds=0.2)
    with pytest.raises(TokenReused):
        await tokens.refresh(pair.refresh_token)


async def test_the_least_that_can_be_is_taken_and_no_less(clock: Clock) -> None:
    pair = await tokens_of(clock=clock, access_ttl=timedelta(seconds=1)).issue("7")
    assert pair.expires_in == 1
    for options in (
        {"access_ttl": timedelta(microseconds=999_999)},
        {"reuse_grace": timedelta(microseconds=-1)},
        {"leeway": timedelta(microseconds=-1)},
    ):
        with pytest.raises(ConfigError, match=next(iter(options))):
            tokens_of(clock=clock, **options)


async def test_a_client_calls_back_its_own_tokens_alone(tokens: Tokens) -> None:
    pair = await tokens.issue("7", client_id="mobile")
    free = await tokens.issue("7")
    for token in (pair.access_token, pair.refresh_token, free.access_token, free.refresh_token):
        for other in ("a", "z", "mobile2", "Mobile", ""):
            assert not await tokens.revoke(token, client_id=other)
    assert (await tokens.verify(pair.access_token))["client_id"] == "mobile"
    for token in (pair.access_token, pair.refresh_token):
        assert await tokens.revoke(token, client_id="".join(["mob", "ile"]))
    for token in (free.access_token, free.refresh_token):
        assert await tokens.revoke(token)


async def test_a_ring_that_changes_is_told_to_who_keeps_what_was_verified(clock: Clock) -> None:
    ring = KeyRing.generate("EdDSA", clock=clock)
    tokens = tokens_of(clock=clock, ring=ring)
    before = tokens.generation
    assert before == ring.generation
    ring.rotate()
    assert tokens.generation == ring.generation != before


async def test_whatever_else_is_said_is_named(tokens: Tokens) -> None:
    any_tokens: Any = tokens
    make: Any = Tokens
    with pytest.raises(TypeError):
        make(RING, MemoryStore(), issuer=ISSUER, audience=AUDIENCE)
    with pytest.raises(TypeError):
        await any_tokens.issue("7", {"plan": "free"})
    pair = await tokens.issue("7", scope="read write", client_id="app")
    with pytest.raises(TypeError):
        await any_tokens.refresh(pair.refresh_token, "read")
    with pytest.raises(TypeError):
        await any_tokens.revoke(pair.refresh_token, "app")
    assert (await tokens.refresh(pair.refresh_token, client_id="app")).scope == "read write"


async def test_nobody_changes_a_pair_or_mixes_its_tokens_up(tokens: Tokens) -> None:
    pair: Any = await tokens.issue("7")
    with pytest.raises(AttributeError):
        pair.access_token = pair.refresh_token
    make: Any = TokenPair
    with pytest.raises(TypeError):
        make(pair.refresh_token, pair.access_token, "Bearer", 600)
