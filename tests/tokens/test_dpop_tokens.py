"""Tokens are bound where a key is proved, and a nonce is given where one is wanted (RFC 9449 5, 8, 9)."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from nexios import NexiosApp
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.exceptions import InvalidProof
from nexios.stores import MemoryStore
from nexios.tokens import DPoP, Introspection, Tokens
from tests.attacks.asking import Answer, Header, asking
from tests.attacks.targets import Target
from tests.parts import SECRET, Clock
from tests.tokens.issuing import tokens_of
from tests.tokens.provider import Provider
from tests.tokens.proving import ORIGIN, Client
from tests.tokens.serving import app_of, assert_refused, post, refresh

pytestmark = pytest.mark.anyio

CLIENT, THIEF = Client(), Client()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def tokens(store: MemoryStore, clock: Clock) -> Tokens:
    return tokens_of(store, clock)


def dpop_of(store: MemoryStore, clock: Clock, **options: Any) -> DPoP:
    return DPoP(store, origin=ORIGIN, clock=clock, **options)


@pytest.fixture
def app(tokens: Tokens, store: MemoryStore, clock: Clock) -> NexiosApp:
    return app_of(tokens, dpop=dpop_of(store, clock))


def test_opaque_tokens_of_others_are_bound_as_well(
    provider: Provider, store: MemoryStore, clock: Clock
) -> None:
    said = {"active": True, "sub": "7", "token_type": "DPoP", "cnf": {"jkt": CLIENT.jkt}}
    provider.answers["/introspect"] = said
    source = Introspection(
        f"{provider.url}/introspect", client_id="api", client_secret="not told", clock=clock
    )
    target = Target([JWTAuthBackend("sub", tokens=source, dpop=dpop_of(store, clock))], "jwt")
    target.assert_lets_in("7", *CLIENT.headers("GET", "/guarded", clock.now, "opaque"))
    target.assert_stranger(*THIEF.headers("GET", "/guarded", clock.now, "opaque"))
    target.assert_stranger(("authorization", "Bearer opaque"))


async def me(app: Any, *headers: Header) -> Answer:
    return await asking(app, "/me", headers=headers)


async def test_a_proof_without_one_gets_one_and_asks_again(
    tokens: Tokens, store: MemoryStore, clock: Clock
) -> None:
    app = app_of(tokens, dpop=dpop_of(store, clock, nonce_secret=SECRET))
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    for nonce in (None, "", "made up", 7, "é"):
        answer = await me(app, *CLIENT.headers("GET", "/me", clock.now, pair.access_token, nonce=nonce))
        assert answer.status == 401
        assert 'DPoP realm="api", error="use_dpop_nonce"' in (answer.one("www-authenticate") or "")
    given = answer.one("dpop-nonce")
    assert given
    good = await me(app, *CLIENT.headers("GET", "/me", clock.now, pair.access_token, nonce=given))
    assert good.status == 200
    assert good.one("dpop-nonce") is None


async def test_an_old_one_is_replaced_and_then_refused(
    tokens: Tokens, store: MemoryStore, clock: Clock
) -> None:
    dpop = dpop_of(store, clock, nonce_secret=SECRET)
    app, old = app_of(tokens, dpop=dpop), dpop.nonce
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    clock.turn(seconds=60)
    late = await me(app, *CLIENT.headers("GET", "/me", clock.now, pair.access_token, nonce=old))
    assert late.status == 200
    assert late.one("dpop-nonce") == dpop.nonce
    assert dpop.nonce != old
    clock.turn(seconds=60)
    headers = CLIENT.headers("GET", "/me", clock.now, pair.access_token, nonce=old)
    assert (await me(app, *headers)).status == 401


async def test_the_token_route_gives_one_too(tokens: Tokens, store: MemoryStore, clock: Clock) -> None:
    dpop = dpop_of(store, clock, nonce_secret=SECRET)
    app = app_of(tokens, dpop=dpop)
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    first = await refresh(app, pair.refresh_token, ("dpop", CLIENT.proof("POST", "/token", clock.now)))
    assert_refused(first, "use_dpop_nonce")
    nonce = first.one("dpop-nonce")
    proof = CLIENT.proof("POST", "/token", clock.now, nonce=nonce)
    assert (await refresh(app, pair.refresh_token, ("dpop", proof))).status == 200


async def test_a_bound_refresh_token_wants_a_proof_of_its_key(
    app: NexiosApp, tokens: Tokens, clock: Clock
) -> None:
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    assert_refused(await refresh(app, pair.refresh_token), "invalid_grant")
    stolen = ("dpop", THIEF.proof("POST", "/token", clock.now))
    assert_refused(await refresh(app, pair.refresh_token, stolen), "invalid_grant")
    misplaced = ("dpop", CLIENT.proof("GET", "/me", clock.now))
    assert_refused(await refresh(app, pair.refresh_token, misplaced), "invalid_dpop_proof")
    answer = await refresh(app, pair.refresh_token, ("dpop", CLIENT.proof("POST", "/token", clock.now)))
    assert answer.status == 200
    assert answer.json()["token_type"] == "DPoP"
    token = answer.json()["access_token"]
    assert (await me(app, *CLIENT.headers("GET", "/me", clock.now, token))).status == 200


async def test_whoever_proves_a_key_gets_a_token_that_is_bound_to_it(
    app: NexiosApp, tokens: Tokens, clock: Clock
) -> None:
    pair = await tokens.issue("ada")
    answer = await refresh(app, pair.refresh_token, ("dpop", CLIENT.proof("POST", "/token", clock.now)))
    assert answer.json()["token_type"] == "DPoP"
    token = answer.json()["access_token"]
    assert (await me(app, ("authorization", f"Bearer {token}"))).status == 401
    assert (await me(app, *CLIENT.headers("GET", "/me", clock.now, token))).status == 200


async def test_a_bound_token_is_given_back_without_a_proof(app: NexiosApp, tokens: Tokens) -> None:
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    assert (await post(app, "/revoke", {"token": pair.refresh_token})).status == 200
    assert await tokens.find_refresh(pair.refresh_token) is None


async def test_only_the_algorithms_that_are_listed_are_taken(store: MemoryStore, clock: Clock) -> None:
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(rsa.public_key()))
    header = {"typ": "dpop+jwt", "jwk": {name: jwk[name] for name in ("kty", "n", "e")}}
    claims = {"jti": "1", "htm": "POST", "htu": f"{ORIGIN}/login", "iat": int(clock.now)}
    proof = jwt.encode(claims, rsa, algorithm="PS256", headers=header)
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/login"}
    scope["headers"] = [(b"dpop", proof.encode())]
    for algorithms in (["ES256", "EdDSA"], ["RS256"]):
        with pytest.raises(InvalidProof, match="alg"):
            await dpop_of(store, clock, algorithms=algorithms).proved(scope)
    assert await dpop_of(store, clock, algorithms=["PS256"]).proved(scope)


async def test_a_proof_that_is_too_long_is_not_read(store: MemoryStore, clock: Clock) -> None:
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/login"}
    for length, good in ((1000, True), (3000, False)):
        proof = CLIENT.proof("POST", "/login", clock.now, more="a" * length)
        scope["headers"] = [(b"dpop", proof.encode())]
        if good:
            assert await dpop_of(store, clock).proved(scope)
        else:
            with pytest.raises(InvalidProof, match="longer"):
                await dpop_of(store, clock).proved(scope)
