"""Attacks on tokens of a key ring and of other issuers: area tokens of the catalogue."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.tokens import Issuer, KeyRing
from nexios.tokens.jws import sign_compact
from tests.attacks.asking import asking
from tests.attacks.forging import b64
from tests.attacks.keys import jwk, rsa_key
from tests.attacks.targets import Target
from tests.parts import Clock
from tests.tokens.provider import JWKS, Provider, serving

INVALID = 'Bearer realm="api", error="invalid_token"'


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    with serving(clock) as provider:
        yield provider


def target_of(tokens: object, kept: int, clock: Clock, **settings: object) -> Target:
    backend = JWTAuthBackend("sub", tokens=tokens, kept=kept, clock=clock)
    return Target([backend], "jwt", secret_key=None, **settings)


def issuer_of(provider: Provider) -> Issuer:
    return Issuer(provider.url, audience="api", clock=provider.clock)


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


def refuses(target: Target, token: str) -> None:
    for _ in range(2):
        assert target.assert_stranger(bearer(token)).one("www-authenticate") == INVALID


def test_tokens_02_an_id_token_of_the_same_issuer_and_key_is_no_access_token(
    kept: int, provider: Provider
) -> None:
    target = target_of(issuer_of(provider), kept, provider.clock)
    target.assert_lets_in("7", bearer(provider.token()))
    # OpenID Connect Core 2: its audience is the client.
    refuses(target, provider.token(aud="the client", nonce="n-0S6_WzA2Mj", auth_time=1))
    key = provider.ring.signing_key
    for kind in ("logout+jwt", "secevent+jwt", "id_token+jwt", "dpop+jwt"):
        body = b'{"iss":"%s","aud":"api","sub":"7","exp":2000000000}' % provider.url.encode()
        refuses(target, sign_compact({"typ": kind, "kid": key.kid}, body, key.key, key.algorithm))


def test_tokens_04_a_kept_token_falls_with_its_key(kept: int, clock: Clock, provider: Provider) -> None:
    ring = KeyRing.generate(clock=clock)
    target, token, old = target_of(ring, kept, clock), ring.sign({"sub": "7"}), ring.signing_key.kid
    ring.rotate()
    for _ in range(2):
        target.assert_lets_in("7", bearer(token))
    ring.retire(old)
    refuses(target, token)

    target, token = target_of(issuer_of(provider), kept, clock), provider.token(exp=2_000_000_000)
    for _ in range(2):
        target.assert_lets_in("7", bearer(token))
    provider.rotate_without_notice()
    clock.turn(minutes=1)
    # Somebody comes with a token of the new key, so that the keys are fetched.
    target.assert_lets_in("7", bearer(provider.token()))
    refuses(target, token)


def test_tokens_05_a_kept_token_that_expires_is_refused_from_that_moment(
    kept: int, clock: Clock, provider: Provider
) -> None:
    ring = KeyRing.generate(clock=clock)
    for target, token in (
        (target_of(ring, kept, clock), ring.sign({"sub": "7", "exp": int(clock.now) + 10})),
        (target_of(issuer_of(provider), kept, clock), provider.token(exp=int(clock.now) + 10)),
    ):
        for _ in range(2):
            target.assert_lets_in("7", bearer(token))
        clock.turn(seconds=10)
        refuses(target, token)
        clock.turn(seconds=-10)


def test_tokens_07_a_flood_of_unknown_kids_is_one_fetch_in_thirty_seconds(
    kept: int, provider: Provider
) -> None:
    target = target_of(issuer_of(provider), kept, provider.clock)
    target.assert_lets_in("7", bearer(provider.token()))
    stranger = KeyRing.generate("ES256", clock=provider.clock)
    tokens = [provider.token(stranger, kid=f"made up {number}") for number in range(1_000)]
    provider.clock.turn(seconds=30)
    provider.asked.clear()

    async def flood() -> set[int]:
        asked = (asking(target.app, headers=[bearer(token)]) for token in tokens)
        return {answer.status for answer in await asyncio.gather(*asked)}

    assert asyncio.run(flood()) == {401}
    assert provider.asked == [JWKS]
    assert target.ran == ["7"]


def test_tokens_08_keys_that_are_none_are_passed_over_with_a_line_in_the_log(
    provider: Provider, log: pytest.LogCaptureFixture
) -> None:
    short = {"kty": "RSA", "e": "AQAB", "n": b64(b"\xc5" + os.urandom(62) + b"\x01"), "kid": "short"}
    bad = [
        {"kty": "oct", "k": b64(os.urandom(32)), "kid": "secret"},
        short,
        jwk(rsa_key(), kid="sealing", use="enc"),
        jwk(rsa_key(), kid="wrapping", key_ops=["encrypt"]),
        jwk(rsa_key("one"), kid="twice"),
        jwk(rsa_key("two"), kid="twice"),
        {"kty": "quantum", "kid": "unknown"},
    ]
    provider.answers[JWKS] = {"keys": [*bad, *provider.ring.public_jwks()["keys"]]}
    target = target_of(issuer_of(provider), 10, provider.clock)
    target.assert_lets_in("7", bearer(provider.token()))
    assert log.text.count("a key is passed over") == len(bad) - 1
    for member in bad:
        refuses(target, provider.token(kid=str(member["kid"])))
