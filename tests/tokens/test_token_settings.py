"""What tokens may be made of, up to the last second and the last letter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nexios.exceptions import ConfigError
from nexios.stores import MemoryStore
from nexios.stores.base import RevocationStore, TokenStore
from nexios.tokens import DPoP, RefreshCookie, token_routes
from tests.parts import Clock
from tests.tokens.issuing import tokens_of
from tests.tokens.proving import ORIGIN

pytestmark = pytest.mark.anyio

CENTURY = timedelta(days=36_500)
MOMENT = timedelta(microseconds=1)


async def test_a_login_may_last_a_century(clock: Clock) -> None:
    tokens = tokens_of(clock=clock, refresh_ttl=CENTURY)
    pair = await tokens.issue("7")
    clock.now += CENTURY.total_seconds() - 1
    assert await tokens.refresh(pair.refresh_token)


@pytest.mark.parametrize(
    ("options", "least"),
    [
        ({"access_ttl": timedelta(seconds=1)}, True),
        ({"access_ttl": timedelta(seconds=1) - MOMENT}, False),
        ({"access_ttl": timedelta(minutes=5), "refresh_ttl": timedelta(minutes=5)}, True),
        ({"access_ttl": timedelta(minutes=5), "refresh_ttl": timedelta(minutes=5) - MOMENT}, False),
        ({"refresh_ttl": CENTURY + MOMENT}, False),
        ({"leeway": timedelta(0)}, True),
        ({"leeway": -MOMENT}, False),
        ({"reuse_grace": -MOMENT}, False),
    ],
    ids=str,
)
def test_a_time_is_refused_from_a_moment_beyond_what_is_safe(options: dict[str, Any], least: bool) -> None:
    if least:
        assert tokens_of(**options)
        return
    with pytest.raises(ConfigError, match="a century at most"):
        tokens_of(**options)


@pytest.mark.parametrize("audience", [[""], ["api", ""], ["api", 7], "", 7, None, {"api"}], ids=str)
def test_an_audience_that_names_nobody_is_told(audience: Any) -> None:
    with pytest.raises(ConfigError, match="audience is what the tokens are for"):
        tokens_of(audience=audience)


@pytest.mark.parametrize("issuer", ["", 7, None], ids=repr)
def test_an_issuer_that_is_nobody_is_told(issuer: Any) -> None:
    with pytest.raises(ConfigError, match="issuer is who issues them"):
        tokens_of(issuer=issuer)


@pytest.mark.parametrize("kept", [TokenStore, RevocationStore], ids=["tokens alone", "revocations alone"])
def test_a_store_that_keeps_half_of_it_is_told(kept: type) -> None:
    methods = {name: getattr(MemoryStore, name) for name in vars(kept) if not name.startswith("_")}
    half = type("Half", (), methods)()
    assert isinstance(half, kept)
    with pytest.raises(ConfigError, match="Half keeps none"):
        tokens_of(half)


async def test_a_name_has_as_many_letters_as_every_store_keeps() -> None:
    tokens = tokens_of()
    longest = "é" * 255
    pair = await tokens.issue(longest, client_id=longest)
    assert (await tokens.verify(pair.access_token))["sub"] == longest
    for name in ("", "é" * 256, "é" * 257, "é" * 100_000):
        with pytest.raises(ValueError, match="1 to 255 letters"):
            await tokens.issue(name)
        with pytest.raises(ValueError, match="1 to 255 letters"):
            await tokens.issue("7", client_id=name)


def test_what_could_be_mixed_up_is_given_by_name() -> None:
    tokens, cookie, store = tokens_of(), RefreshCookie(), MemoryStore()
    anything: Any = ORIGIN
    for wrong in (
        lambda: DPoP(store, anything),
        lambda: RefreshCookie("refresh_token", anything),
        lambda: token_routes(tokens, "", cookie),  # type: ignore[misc]
        lambda: DPoP(store, origin=ORIGIN).proved({"headers": []}, anything),
    ):
        with pytest.raises(TypeError, match="positional"):
            wrong()
    assert token_routes(tokens=tokens, prefix="", cookie=RefreshCookie(name="later"))
    assert DPoP(store=store, origin=ORIGIN)
