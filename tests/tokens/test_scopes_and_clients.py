"""A refresh gets no more than the login did, and is its client's own."""

from __future__ import annotations

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


async def test_no_client_calls_anothers_tokens_back(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7", client_id="app")
    assert not await tokens.revoke(pair.access_token, client_id="other")
    assert not await tokens.revoke(pair.refresh_token, client_id="other")
    await tokens.verify(pair.access_token)
    assert await tokens.revoke(pair.refresh_token, client_id="app")
