"""A refresh gets no more than the login did, and is its client's own."""

from __future__ import annotations

from typing import Any

import pytest

from nexios.exceptions import InvalidScope, InvalidToken
from tests.parts import Clock
from tests.tokens.issuing import tokens_of

pytestmark = pytest.mark.anyio


async def test_a_refresh_may_ask_for_less(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7", scope="read write")
    narrow = await tokens.refresh(pair.refresh_token, scope="read")
    assert narrow.scope == "read"
    assert (await tokens.verify(narrow.access_token))["scope"] == "read"
    whole = await tokens.refresh(narrow.refresh_token)
    assert whole.scope == "read write"


@pytest.mark.parametrize("scope", ["read write", "write read", "write"])
async def test_a_refresh_may_ask_for_all_that_was_granted_in_any_order(scope: str, clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7", scope="read write")
    assert (await tokens.refresh(pair.refresh_token, scope=scope)).scope == scope


@pytest.mark.parametrize("scope", [7, [7], ["read", None], iter(["read"]), b"read"], ids=repr)
async def test_what_is_no_scope_is_told_with_the_mend(scope: Any, clock: Clock) -> None:
    with pytest.raises(TypeError, match="scope is text or a collection of texts"):
        await tokens_of(clock=clock).issue("7", scope=scope)


async def test_a_refresh_never_gets_more_and_may_ask_again(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7", scope="read")
    for wider in ("read write", "admin", "", "  ", 'quo"te'):
        with pytest.raises(InvalidScope):
            await tokens.refresh(pair.refresh_token, scope=wider)
    assert (await tokens.refresh(pair.refresh_token)).scope == "read"


async def test_all_that_the_subject_may_can_be_narrowed(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7")
    assert (await tokens.refresh(pair.refresh_token, scope="read")).scope == "read"


async def test_it_permits_what_it_names(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    for scope, permitted in ((None, None), ("read", {"read"}), (["a", "b", "a"], {"a", "b"})):
        pair = await tokens.issue("7", scope=scope)
        assert tokens.permissions_of(await tokens.verify(pair.access_token)) == permitted


async def test_a_refresh_token_is_its_clients_own(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7", client_id="app")
    for other in (None, "other"):
        with pytest.raises(InvalidToken, match="another client"):
            await tokens.refresh(pair.refresh_token, client_id=other)
    # Nothing was used by that.
    assert await tokens.refresh(pair.refresh_token, client_id="app")


@pytest.mark.parametrize("jkt", [None, "", "a", "m ", "z"], ids=repr)
async def test_a_bound_refresh_token_is_its_keys_own(jkt: str | None, clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7", jkt="m")
    with pytest.raises(InvalidToken, match="bound to a key"):
        await tokens.refresh(pair.refresh_token, jkt=jkt)
    assert await tokens.refresh(pair.refresh_token, jkt="m")


async def test_no_client_calls_anothers_tokens_back(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7", client_id="app")
    assert not await tokens.revoke(pair.access_token, client_id="other")
    assert not await tokens.revoke(pair.refresh_token, client_id="other")
    await tokens.verify(pair.access_token)
    assert await tokens.revoke(pair.refresh_token, client_id="app")
