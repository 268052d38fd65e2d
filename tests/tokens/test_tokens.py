"""A login gets a pair of tokens: what they say, how long they are good, and what they are good for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from typing import Any

import jwt
import pytest

from nexios.exceptions import ConfigError, InvalidToken
from nexios.stores import MemoryStore
from nexios.tokens import KeyRing, TokenPair, Tokens
from tests.attacks.forging import part
from tests.parts import Clock
from tests.tokens.issuing import AUDIENCE, ISSUER, RING, tokens_of

pytestmark = pytest.mark.anyio


async def refused(verify: Callable[[str], Any], token: Any, reason: str) -> None:
    with pytest.raises(InvalidToken, match=reason) as caught:
        await verify(token)
    assert str(token) not in str(caught.value)


async def test_an_access_token_says_what_rfc_9068_wants(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7", claims={"plan": "free"}, scope="read write", client_id="app")
    assert jwt.get_unverified_header(pair.access_token) == {
        "typ": "at+jwt",
        "alg": "EdDSA",
        "kid": RING.signing_key.kid,
    }
    claims = dict(await tokens.verify(pair.access_token))
    assert len(claims.pop("jti")) == len(claims.pop("sid")) == 36
    assert claims == {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "7",
        "iat": clock.now,
        "exp": clock.now + 600,
        "client_id": "app",
        "scope": "read write",
        "plan": "free",
    }


async def test_another_library_verifies_it_by_the_published_keys(clock: Clock) -> None:
    pair = await tokens_of(clock=clock).issue("7")
    kid = jwt.get_unverified_header(pair.access_token)["kid"]
    (published,) = [key for key in RING.public_jwks()["keys"] if key["kid"] == kid]
    found = jwt.decode(
        pair.access_token,
        jwt.PyJWK(published),
        algorithms=["EdDSA"],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert found["sub"] == "7"
    assert "client_id" not in found
    assert "scope" not in found


@pytest.mark.parametrize("algorithm", ["HS256", "HS512", "RS256", "PS256", "ES256", "ES384"])
async def test_a_pair_of_any_ring_is_verified(algorithm: str, clock: Clock) -> None:
    tokens = tokens_of(clock=clock, ring=KeyRing.generate(algorithm))
    pair = await tokens.issue("7")
    assert (await tokens.verify(pair.access_token))["sub"] == "7"


async def test_the_body_of_an_answer_is_that_of_rfc_6749(clock: Clock) -> None:
    pair = await tokens_of(clock=clock).issue("7", scope={"write", "read"})
    assert pair.to_dict() == {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "read write",
    }
    assert "scope" not in (await tokens_of(clock=clock).issue("7")).to_dict()


async def test_no_representation_shows_a_token(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    pair = await tokens.issue("7")
    for thing in (tokens, pair, await tokens.verify(pair.access_token)):
        assert pair.access_token not in repr(thing)
        assert pair.refresh_token not in repr(thing)


async def test_an_access_token_dies_to_the_second(clock: Clock) -> None:
    tokens = tokens_of(clock=clock, access_ttl=timedelta(minutes=5))
    pair = await tokens.issue("7")
    assert pair.expires_in == 300
    clock.turn(seconds=299)
    await tokens.verify(pair.access_token)
    clock.turn(seconds=1)
    await refused(tokens.verify, pair.access_token, "expired")


async def test_leeway_bears_with_clocks_that_differ(clock: Clock) -> None:
    store, behind = MemoryStore(), Clock(clock.now - 20)
    pair = await tokens_of(store, clock).issue("7")
    await refused(tokens_of(store, behind).verify, pair.access_token, "not valid yet")
    lenient = tokens_of(store, behind, leeway=timedelta(seconds=30))
    assert (await lenient.verify(pair.access_token))["sub"] == "7"


async def test_no_access_token_outlives_its_login(clock: Clock) -> None:
    tokens = tokens_of(clock=clock, refresh_ttl=timedelta(minutes=15))
    pair = await tokens.issue("7")
    clock.turn(minutes=9)
    pair = await tokens.refresh(pair.refresh_token)
    assert pair.expires_in == 360
    clock.turn(minutes=6)
    await refused(tokens.verify, pair.access_token, "expired")
    await refused(tokens.refresh, pair.refresh_token, "expired")


async def test_a_refresh_begins_a_new_access_token_of_the_same_login(clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    first = await tokens.issue("7", claims={"plan": "free"}, scope="read")
    clock.turn(minutes=10)
    second = await tokens.refresh(first.refresh_token)
    assert second.refresh_token != first.refresh_token
    await refused(tokens.verify, first.access_token, "expired")
    claims = await tokens.verify(second.access_token)
    assert (claims["sub"], claims["plan"], claims["scope"]) == ("7", "free", "read")
    assert (claims["iat"], claims["exp"]) == (clock.now, clock.now + 600)


async def test_the_keys_may_change_while_somebody_is_logged_in(clock: Clock) -> None:
    ring = KeyRing.generate("ES256")
    tokens = tokens_of(clock=clock, ring=ring)
    pair = await tokens.issue("7")
    old = ring.signing_key.kid
    ring.rotate()
    await tokens.verify(pair.access_token)
    ring.retire(old)
    await refused(tokens.verify, pair.access_token, "signature")
    following = await tokens.refresh(pair.refresh_token)
    assert (await tokens.verify(following.access_token))["sub"] == "7"


NOT_TOKENS = {
    "nothing": "",
    "words": "not a token",
    "a refresh token's beginning": "rt_",
    "one letter too many": "rt_" + "A" * 44,
    "one letter too few": "rt_" + "A" * 42,
    "one of nobody": "rt_" + "A" * 43,
    "letters beyond ASCII": "rt_" + "é" * 43,
    "a line end": "rt_" + "A" * 43 + "\n",
    "three parts": "a.b.c",
    "very long": "rt_" + "A" * 100_000,
    "no text": 7,
    "bytes": b"rt_" + b"A" * 43,
    "None": None,
}


@pytest.mark.parametrize("token", NOT_TOKENS.values(), ids=NOT_TOKENS.keys())
async def test_what_is_no_token_is_refused_everywhere(token: Any, clock: Clock) -> None:
    tokens = tokens_of(clock=clock)
    for ask in (tokens.verify, tokens.refresh):
        with pytest.raises(InvalidToken):
            await ask(token)
    assert not await tokens.revoke(token)
    assert await tokens.find_refresh(token) is None


SIGNED = {
    "another type": ({"typ": "JWT"}, {}, "typ"),
    "no type": ({"typ": ""}, {}, "typ"),
    "another issuer": ({}, {"iss": "https://other.example"}, "iss"),
    "another audience": ({}, {"aud": "other"}, "aud"),
    "no audience": ({}, {"aud": None}, "aud"),
    "no subject": ({}, {"sub": None}, "sub"),
    "no end": ({}, {"exp": None}, "exp"),
    "an end in text": ({}, {"exp": "1800000600"}, "exp"),
    "no beginning": ({}, {"iat": None}, "iat"),
    "no id": ({}, {"jti": None}, "jti"),
    "an id of somebody else": ({}, {"jti": "1"}, "jti"),
    "an id of another kind": ({}, {"jti": "2b8a1b0e-77f1-4c6d-9b4a-3a1b6a2f6a01"}, "jti"),
    "no login": ({}, {"sid": None}, "sid"),
    "a scope in a list": ({}, {"scope": ["read"]}, "scope"),
    "a confirmation in text": ({}, {"cnf": "key"}, "cnf"),
}


@pytest.mark.parametrize(("header", "changes", "reason"), SIGNED.values(), ids=SIGNED.keys())
async def test_what_our_own_keys_signed_is_still_no_access_token(
    header: dict[str, Any], changes: dict[str, Any], reason: str, clock: Clock
) -> None:
    tokens = tokens_of(clock=clock)
    claims = {**dict(await tokens.verify((await tokens.issue("7")).access_token)), **changes}
    key = RING.signing_key
    head = {"typ": "at+jwt", "alg": key.algorithm, "kid": key.kid, **header}
    head = {name: value for name, value in head.items() if value}
    signed = f"{part(head)}.{part({n: v for n, v in claims.items() if v is not None})}"
    signature = key.key.signer(key.algorithm)(signed.encode())
    await refused(tokens.verify, f"{signed}.{part(signature)}", reason)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a secret for a ring": ({"ring": "secret"}, "KeyRing"),
    "a store of nothing": ({"store": object()}, "open_store"),
    "a class for a store": ({"store": MemoryStore}, "open_store"),
    "no issuer": ({"issuer": ""}, "issuer"),
    "no audience": ({"audience": []}, "audience"),
    "an audience that is no text": ({"audience": [7]}, "audience"),
    "minutes as a number": ({"access_ttl": 10}, "access_ttl"),
    "no time at all": ({"access_ttl": timedelta(0)}, "access_ttl"),
    "a login shorter than its tokens": ({"refresh_ttl": timedelta(minutes=1)}, "refresh_ttl"),
    "a grace before the use": ({"reuse_grace": timedelta(seconds=-1)}, "reuse_grace"),
    "a leeway that is negative": ({"leeway": timedelta(seconds=-1)}, "leeway"),
    "a login without end": ({"refresh_ttl": timedelta.max}, "a century at most"),
}


TOO_DEEP: list[Any] = reduce(lambda inner, _: [inner], range(5000), [])


@pytest.mark.parametrize(("options", "mend"), WRONG.values(), ids=WRONG.keys())
async def test_wrong_settings_are_told_at_once(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        tokens_of(**options)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"subject": 7}, TypeError),
        ({"subject": ""}, ValueError),
        ({"subject": "a" * 256}, ValueError),
        ({"claims": {"sub": "8"}}, ValueError),
        ({"claims": {"exp": 1}}, ValueError),
        ({"claims": {"cnf": {}}}, ValueError),
        ({"claims": {"sid": "x"}}, ValueError),
        ({"claims": ["plan"]}, TypeError),
        ({"claims": {"plan": object()}}, TypeError),
        ({"claims": {7: "plan"}}, TypeError),
        ({"claims": {"plan": "\ud800"}}, TypeError),
        pytest.param({"claims": {"plan": TOO_DEEP}}, TypeError, id="claims that are too deep"),
        ({"scope": ""}, ValueError),
        ({"scope": []}, ValueError),
        ({"scope": "read  write"}, ValueError),
        ({"scope": ["read write"]}, ValueError),
        ({"scope": 7}, TypeError),
        ({"client_id": ""}, ValueError),
        ({"client_id": 7}, TypeError),
        ({"jkt": ""}, ValueError),
    ],
    ids=ascii,
)
async def test_a_login_that_cannot_be_leaves_nothing_behind(
    given: dict[str, Any], error: type[Exception]
) -> None:
    store = MemoryStore()
    tokens = tokens_of(store)
    with pytest.raises(error):
        await tokens.issue(**{"subject": "7", **given})
    assert await tokens.revoke_all("7") == 0


async def test_claims_too_long_for_a_token_leave_nothing_behind(clock: Clock) -> None:
    store = MemoryStore()
    tokens = tokens_of(store, clock)
    with pytest.raises(ValueError, match="claim less"):
        await tokens.issue("7", claims={"long": "a" * 20_000})
    assert await tokens.revoke_all("7") == 0


async def test_several_audiences_are_named_in_each_token(clock: Clock) -> None:
    store = MemoryStore()
    both = tokens_of(store, clock, audience=["api", "files"])
    pair = await both.issue("7")
    assert (await both.verify(pair.access_token))["aud"] == ["api", "files"]
    assert (await tokens_of(store, clock, audience="files").verify(pair.access_token))["sub"] == "7"
    await refused(tokens_of(store, clock, audience="mail").verify, pair.access_token, "aud")


async def test_what_is_kept_of_a_refresh_token_does_not_open_anything(clock: Clock) -> None:
    store = MemoryStore()
    pair = await tokens_of(store, clock).issue("7")
    kept = repr(vars(store)) + json.dumps([*store._refresh])
    assert pair.refresh_token not in kept
    assert pair.refresh_token.removeprefix("rt_") not in kept
    assert pair.access_token not in kept


def test_the_public_names_are_there() -> None:
    assert Tokens.__module__ == "nexios.tokens.manager"
    assert TokenPair.__module__ == "nexios.tokens.pair"
