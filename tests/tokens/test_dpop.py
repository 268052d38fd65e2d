"""A token that is bound to a key opens nothing without a proof of it for this very request (RFC 9449)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from nexios import NexiosApp
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.exceptions import ConfigError, InvalidProof, StoreUnavailable
from nexios.stores import MemoryStore
from nexios.tokens import DPoP, Tokens
from tests.attacks.asking import Answer, Header, asking
from tests.parts import Clock
from tests.tokens.issuing import tokens_of
from tests.tokens.proving import ORIGIN, Client
from tests.tokens.serving import app_of, assert_refused, refresh

pytestmark = pytest.mark.anyio

ALGS = 'algs="ES256 EdDSA"'
CLIENT, THIEF = Client(), Client()

Ask = Callable[..., Awaitable[Answer]]


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


async def me(app: Any, *headers: Header, **how: Any) -> Answer:
    return await asking(app, "/me", headers=headers, **how)


async def test_each_request_brings_a_proof_of_its_own(app: NexiosApp, tokens: Tokens, clock: Clock) -> None:
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    assert pair.token_type == "DPoP"
    assert (await tokens.verify(pair.access_token))["cnf"] == {"jkt": CLIENT.jkt}
    for _ in range(3):
        answer = await me(app, *CLIENT.headers("GET", "/me", clock.now, pair.access_token))
        assert answer.json() == {"user": "ada"}


async def test_a_bearer_token_goes_on_beside_it(app: NexiosApp, tokens: Tokens) -> None:
    pair = await tokens.issue("ada")
    for _ in range(2):
        assert (await me(app, ("authorization", f"Bearer {pair.access_token}"))).status == 200


async def test_a_stranger_is_told_both_schemes(app: NexiosApp) -> None:
    answer = await me(app)
    assert answer.one("www-authenticate") == f'Bearer realm="api", DPoP realm="api", {ALGS}'


def bound(proof: str | None, token: str, scheme: str = "DPoP") -> list[Header]:
    return [("authorization", f"{scheme} {token}"), *([] if proof is None else [("dpop", proof)])]


async def refused(app: NexiosApp, headers: list[Header], error: str = "invalid_dpop_proof") -> None:
    answer = await me(app, *headers)
    assert answer.status == 401
    assert answer.one("www-authenticate") == f'Bearer realm="api", DPoP realm="api", error="{error}", {ALGS}'


WRONG: dict[str, dict[str, Any]] = {
    "another method": {"htm": "POST"},
    "a method that comes before it": {"htm": "DELETE"},
    "no method": {"htm": None},
    "another path": {"htu": f"{ORIGIN}/you"},
    "another host": {"htu": "https://other.example/me"},
    "another port": {"htu": f"{ORIGIN}:8443/me"},
    "another scheme": {"htu": "http://api.example/me"},
    "a path alone": {"htu": "/me"},
    "no address": {"htu": None},
    "an address that is none": {"htu": "https://[/me"},
    "a number for an address": {"htu": 7},
    "a name before the host": {"htu": "https://api.example@evil.example/me"},
    "another token's hash": {"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"},
    "no hash": {"ath": None},
    "no moment": {"iat": None},
    "a moment in text": {"iat": "1800000000"},
    "a moment that is true": {"iat": True},
    "too old": {"iat": 1_800_000_000 - 60},
    "too early": {"iat": 1_800_000_000 + 6},
    "a moment beyond all": {"iat": 10**400},
    "no id": {"jti": None},
    "an empty id": {"jti": ""},
    "an id that is no text": {"jti": 7},
    "no type": {"header": {"typ": None}},
    "a token's type": {"header": {"typ": "at+jwt"}},
    "no signature": {"header": {"alg": "none"}},
    "a shared secret": {"header": {"alg": "HS256"}},
    "no key": {"header": {"jwk": None}},
    "a key that is text": {"header": {"jwk": "key"}},
    "a private key": {"header": {"jwk": CLIENT.private_jwk}},
    "a secret": {"header": {"jwk": {"kty": "oct", "k": "a2V5"}}},
    "a key of another kind": {"header": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}},
    "somebody else's key": {"header": {"jwk": THIEF.jwk}},
    "an address of keys": {"header": {"jku": "https://evil.example"}},
    "an unknown extension": {"header": {"crit": ["exp"], "exp": 1}},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG.keys())
async def test_a_proof_of_anything_else_is_refused(
    changes: dict[str, Any], app: NexiosApp, tokens: Tokens, clock: Clock
) -> None:
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    await refused(app, CLIENT.headers("GET", "/me", clock.now, pair.access_token, **changes))


SAME = {
    "capitals": "HTTPS://API.example/me",
    "the usual port": "https://api.example:443/me",
    "letters in code": "https://api.example/%6de",
    "a query and a fragment": "https://api.example/me?a=b#c",
}


@pytest.mark.parametrize("htu", SAME.values(), ids=SAME.keys())
async def test_an_address_may_be_spelt_as_rfc_3986_lets(
    htu: str, app: NexiosApp, tokens: Tokens, clock: Clock
) -> None:
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    answer = await me(app, *CLIENT.headers("GET", "/me", clock.now, pair.access_token, htu=htu), query=b"x=1")
    assert answer.status == 200


async def test_a_proof_is_good_once(app: NexiosApp, tokens: Tokens, clock: Clock) -> None:
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    headers = CLIENT.headers("GET", "/me", clock.now, pair.access_token)
    assert (await me(app, *headers)).status == 200
    await refused(app, headers)
    # Another process knows it too, and the same id by another key is another proof.
    other = app_of(tokens, dpop=dpop_of(tokens.store, clock))
    await refused(other, headers)
    theirs = await tokens.issue("bob", jkt=THIEF.jkt)
    used = CLIENT.headers("GET", "/me", clock.now, pair.access_token, jti="same")
    assert (await me(app, *used)).status == 200
    assert (
        await me(app, *THIEF.headers("GET", "/me", clock.now, theirs.access_token, jti="same"))
    ).status == 200


async def test_what_does_not_fit_together_is_refused(app: NexiosApp, tokens: Tokens, clock: Clock) -> None:
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    free = await tokens.issue("ada")
    proof = CLIENT.proof("GET", "/me", clock.now, pair.access_token)
    await refused(app, bound(None, pair.access_token))
    await refused(app, [*bound(proof, pair.access_token), ("dpop", proof)])
    await refused(app, bound(THIEF.proof("GET", "/me", clock.now, pair.access_token), pair.access_token))
    # An unbound token is no better for a proof of any key.
    unbound = CLIENT.headers("GET", "/me", clock.now, free.access_token)
    await refused(app, unbound, "invalid_token")
    await refused(app, bound(proof, "junk"), "invalid_token")
    await refused(app, [("authorization", "DPoP")], "invalid_token")
    # Nothing of all this has used the proof.
    assert (await me(app, *bound(proof, pair.access_token))).status == 200


async def test_a_bound_token_is_no_bearer_token(app: NexiosApp, tokens: Tokens, clock: Clock) -> None:
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    proof = CLIENT.proof("GET", "/me", clock.now, pair.access_token)
    for headers in (bound(proof, pair.access_token, "Bearer"), bound(None, pair.access_token, "Bearer")):
        answer = await me(app, *headers)
        assert answer.status == 401
        assert 'Bearer realm="api", error="invalid_token", DPoP' in (answer.one("www-authenticate") or "")


async def test_a_revoked_or_expired_token_is_over_whatever_is_proved(
    app: NexiosApp, tokens: Tokens, clock: Clock
) -> None:
    revoked = await tokens.issue("ada", jkt=CLIENT.jkt)
    await tokens.revoke(revoked.access_token)
    await refused(app, CLIENT.headers("GET", "/me", clock.now, revoked.access_token), "invalid_token")
    expired = await tokens.issue("ada", jkt=CLIENT.jkt)
    clock.turn(minutes=10)
    await refused(app, CLIENT.headers("GET", "/me", clock.now, expired.access_token), "invalid_token")


async def test_proofs_may_be_required_of_everybody(tokens: Tokens, store: MemoryStore, clock: Clock) -> None:
    app = app_of(tokens, dpop=dpop_of(store, clock, required=True))
    free, pair = await tokens.issue("ada"), await tokens.issue("ada", jkt=CLIENT.jkt)
    stranger = await me(app)
    assert stranger.one("www-authenticate") == f'DPoP realm="api", {ALGS}'
    assert (await me(app, ("authorization", f"Bearer {free.access_token}"))).status == 401
    assert_refused(await refresh(app, free.refresh_token), "invalid_dpop_proof")
    assert (await me(app, *CLIENT.headers("GET", "/me", clock.now, pair.access_token))).status == 200


async def test_where_used_proofs_cannot_be_known_nobody_is_let_in(tokens: Tokens, clock: Clock) -> None:
    class Down(MemoryStore):
        async def first_seen(self, kind: str, value: str, until: Any) -> bool:
            raise StoreUnavailable("down")

    app = app_of(tokens, dpop=dpop_of(Down(), clock))
    pair = await tokens.issue("ada", jkt=CLIENT.jkt)
    assert (await me(app, *CLIENT.headers("GET", "/me", clock.now, pair.access_token))).status == 503


async def test_a_login_binds_its_tokens_to_the_key_that_it_proves(store: MemoryStore, clock: Clock) -> None:
    dpop = dpop_of(store, clock)
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/login", "headers": []}
    assert await dpop.proved(scope) is None
    proof = CLIENT.proof("POST", "/login", clock.now)
    scope["headers"] = [(b"dpop", proof.encode())]
    found = await dpop.proved(scope)
    assert found is not None
    assert found.jkt == CLIENT.jkt
    for junk in ("", "a.b.c", "é", proof[:-4], f"{proof}x", "a" * 5000, proof + ".x"):
        scope["headers"] = [(b"dpop", junk.encode())]
        with pytest.raises(InvalidProof) as caught:
            await dpop.proved(scope)
        assert not junk or junk not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"store": object()}, "store"),
        ({"origin": []}, "origin"),
        ({"origin": "https://api.example/v1"}, "no path"),
        ({"origin": "http://api.example"}, "https"),
        ({"origin": "api.example"}, "origin"),
        ({"algorithms": []}, "algorithms"),
        ({"algorithms": ["HS256"]}, "algorithms"),
        ({"algorithms": "ES256"}, "algorithms"),
        ({"lifetime": 60}, "lifetime"),
        ({"lifetime": timedelta.max}, "an hour at most"),
        ({"origin": 7}, "origin"),
        ({"leeway": 5}, "leeway"),
        ({"nonce_secret": "short"}, "nonce_secret"),
        ({"nonce_secret": b"x" * 32}, "nonce_secret"),
    ],
    ids=str,
)
def test_wrong_settings_are_told_at_once(options: dict[str, Any], mend: str) -> None:
    usual: dict[str, Any] = {"store": MemoryStore(), "origin": ORIGIN}
    given = usual | options
    with pytest.raises(ConfigError, match=mend) as caught:
        DPoP(given.pop("store"), **given)
    assert "short" not in str(caught.value) or mend != "nonce_secret"


def test_a_backend_without_tokens_takes_no_proofs(store: MemoryStore, clock: Clock) -> None:
    with pytest.raises(ConfigError, match="tokens="):
        JWTAuthBackend(dpop=dpop_of(store, clock))
    wrong: Any = True
    with pytest.raises(ConfigError, match="DPoP"):
        JWTAuthBackend(tokens=tokens_of(store, clock), dpop=wrong)
