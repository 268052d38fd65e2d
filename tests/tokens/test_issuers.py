"""Tokens of an identity provider, which runs on a socket and does what providers do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError, InvalidToken, IssuerUnavailable
from nexios.tokens import Issuer, KeyRing
from nexios.tokens.source import as_source, scope_permissions
from tests.attacks.forging import b64, forge
from tests.attacks.keys import jwk, public_pem, rsa_key
from tests.attacks.targets import Target
from tests.parts import SECRET, Clock
from tests.tokens.behind import INVALID, IssuerTarget, issuer_of
from tests.tokens.provider import JWKS, OAUTH, OIDC, Provider, serving


@pytest.mark.parametrize("algorithm", [name for name in JWT_ALGORITHMS if not name.startswith("HS")])
def test_a_token_of_every_algorithm_is_taken_by_discovery(algorithm: str, kept: int, clock: Clock) -> None:
    with serving(clock, algorithm) as provider:
        target = IssuerTarget(issuer_of(provider), kept=kept)
        target.takes(provider.token())
        target.refuses(provider.token(KeyRing.generate(algorithm, clock=clock)))
        target.takes(provider.token(kid=None))
        assert provider.asked[:2] == [OIDC, JWKS]
        assert len(provider.asked) <= 3


def test_the_keys_are_found_by_rfc_8414_or_at_an_address_that_is_given(provider: Provider) -> None:
    provider.answers[OAUTH] = provider.answers.pop(OIDC)
    IssuerTarget(issuer_of(provider)).takes(provider.token())
    assert provider.asked == [OIDC, OAUTH, JWKS]
    provider.asked.clear()
    IssuerTarget(issuer_of(provider, jwks_uri=provider.url + JWKS)).takes(provider.token())
    assert provider.asked == [JWKS]


def test_the_well_known_part_stands_before_or_behind_the_path_of_the_issuer(
    provider: Provider, clock: Clock
) -> None:
    for path, place in (("/realms/shop", f"/realms/shop{OIDC}"), ("/tenant/", f"{OAUTH}/tenant")):
        url = provider.url + path
        provider.answers[place] = {"issuer": url, "jwks_uri": provider.url + JWKS}
        target = IssuerTarget(Issuer(url, audience="api", clock=clock))
        target.takes(provider.token(iss=url))
        target.refuses(provider.token())


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://accounts.forger.example"},
        {"iss": None},
        {"iss": 7},
        {"aud": "web"},
        {"aud": None},
        {"aud": []},
        {"aud": ["web", "shop"]},
        {"exp": 1},
        {"exp": None},
        {"nbf": 2_000_000_000},
        {"sub": None},
        {"sub": ""},
    ],
    ids=repr,
)
def test_whatever_does_not_hold_is_refused(changed: dict[str, Any], kept: int, provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider), kept=kept)
    target.takes(provider.token(aud=["web", "api"]))
    target.refuses(provider.token(**changed))


def test_no_token_makes_a_secret_of_a_public_key(kept: int, clock: Clock) -> None:
    with serving(clock, "RS256") as provider:
        provider.answers[JWKS] = {
            "keys": [jwk(rsa_key(), kid="a"), {"kty": "oct", "k": b64(SECRET.encode()), "kid": "b"}]
        }
        target = IssuerTarget(issuer_of(provider), kept=kept)
        for secret in (public_pem(rsa_key()), SECRET):
            for kid in ("a", "b", None):
                header = {"alg": "HS256", "typ": "JWT"} | ({"kid": kid} if kid else {})
                target.refuses(forge(header, provider.claims(), secret=secret))
        target.refuses(forge({"alg": "none"}, provider.claims()).rpartition(".")[0] + ".")


def test_several_issuers_stand_side_by_side(kept: int, clock: Clock) -> None:
    with serving(clock) as one, serving(clock, "EdDSA") as other, serving(clock) as third:
        for target in (
            IssuerTarget(issuer_of(one), issuer_of(other), kept=kept),
            Target(
                [JWTAuthBackend("sub", tokens=issuer_of(each), kept=kept) for each in (one, other)], "jwt"
            ),
        ):
            for provider in (one, other):
                target.assert_lets_in("7", ("authorization", f"Bearer {provider.token()}"))
            for token in (third.token(), one.token(other.ring), other.token(iss=one.url), "x", "x.y.z"):
                answer = target.assert_stranger(("authorization", f"Bearer {token}"))
                assert answer.one("www-authenticate") == INVALID
            # One that is down is no matter for the tokens of the other.
            other.answers.clear()
            clock.turn(seconds=31)
            target.assert_lets_in("7", ("authorization", f"Bearer {one.token()}"))
            assert third.asked == []
            other.answers |= {JWKS: lambda: other.ring.public_jwks()}
            other.answers |= {OIDC: {"issuer": other.url, "jwks_uri": other.url + JWKS}}


def test_the_users_of_several_issuers_are_told_apart_by_a_function(provider: Provider) -> None:
    issuer = issuer_of(provider, identity=lambda claims: f"shop|{claims['sub']}")
    IssuerTarget(issuer).takes(provider.token(), "shop|7")
    for wrong in (lambda claims: None, lambda claims: "", lambda claims: claims.get("email")):
        IssuerTarget(issuer_of(provider, identity=wrong)).refuses(provider.token())
    IssuerTarget(issuer_of(provider, identity=lambda claims: claims["no such"])).cannot_tell(provider.token())


# As Amazon Cognito does in its access tokens, and one whose name comes before `aud`.
@pytest.mark.parametrize("claim", ["client_id", "app"])
def test_a_provider_that_says_for_whom_in_another_claim(claim: str, kept: int, provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider, audience="our client", audience_claim=claim), kept=kept)
    target.takes(provider.token(aud=None, **{claim: "our client"}))
    for changed in ({claim: "another"}, {}, {claim: ["our client"]}, {claim: None}):
        target.refuses(provider.token(aud=None, **changed))
    target.refuses(provider.token(aud="our client", **{claim: "our client"}))


def test_no_leeway_is_given_unless_it_is_set(provider: Provider) -> None:
    for seconds, good in ((1, True), (0, False)):
        token = provider.token(exp=int(provider.clock.now) + seconds)
        target = IssuerTarget(issuer_of(provider))
        (target.takes if good else target.refuses)(token)


def test_a_token_that_names_no_key_is_tried_with_twenty_and_no_more(provider: Provider) -> None:
    (signing, other) = provider.ring.public_jwks()["keys"]
    for count, good in ((20, True), (21, False)):
        others = [{**other, "kid": f"key {number}"} for number in range(count - 1)]
        provider.answers[JWKS] = {"keys": [*others, signing]}
        target = IssuerTarget(issuer_of(provider))
        target.takes(provider.token())
        (target.takes if good else target.refuses)(provider.token(kid=None))


def test_a_token_of_four_parts_names_no_issuer(provider: Provider) -> None:
    issuer, token = issuer_of(provider), provider.token()
    assert issuer.takes(token)
    assert not issuer.takes(f"{token}.x")
    assert not issuer.takes(token.rpartition(".")[0])


def test_what_it_says_of_a_token_without_the_web(provider: Provider) -> None:
    async def ask() -> None:
        issuer = issuer_of(provider)
        assert issuer.verify_at_once(provider.token()) is None
        assert (await issuer.verify(provider.token()))["sub"] == "7"
        assert issuer.verify_at_once(provider.token())["sub"] == "7"  # type: ignore[index]
        with pytest.raises(InvalidToken):
            await issuer.verify("x")
        provider.answers.clear()
        with pytest.raises(IssuerUnavailable, match="answered 404"):
            await issuer_of(provider).verify(provider.token())
        assert repr(issuer) == f"Issuer({provider.url!r})"

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("claims", "permitted"),
    [
        ({}, set()),
        ({"scope": ""}, set()),
        ({"scope": "read"}, {"read"}),
        ({"scope": " read  write "}, {"read", "write"}),
        ({"scp": ["read", "write"]}, {"read", "write"}),
        ({"scope": "read", "scp": "write"}, {"read", "write"}),
        ({"scp": ["read", 7]}, set()),
        ({"scp": ["read", ["write"]]}, set()),
        ({"scope": {"read": True}}, set()),
        ({"scope": 7}, set()),
        ({"scope": None}, set()),
    ],
    ids=repr,
)
def test_a_token_permits_what_its_scopes_name(claims: dict[str, Any], permitted: set[str]) -> None:
    assert scope_permissions(claims) == permitted


def test_several_are_as_new_as_all_of_them_together(clock: Clock) -> None:
    class Source:
        generation = 1

        def __init__(self, clock: Clock) -> None:
            self.clock = clock

        def takes(self, token: str) -> bool:
            return False

        def verify_at_once(self, token: str) -> None:
            return None

        async def verify(self, token: str) -> dict[str, Any]:
            return {}

    one, two, three = Source(clock), Source(Clock()), Source(Clock())
    both: Any = as_source([one, two, three])
    assert both.clock is clock
    assert both.generation == 3
    two.generation += 1
    assert both.generation == 4
    for missing in ("verify_at_once", "generation", "clock"):
        members = {name: value for name, value in vars(Source).items() if name not in (missing, "__init__")}
        members |= {} if missing == "clock" else {"clock": clock}
        lacking = type("Lacking", (), members)()
        assert as_source(lacking) is lacking
        with pytest.raises(ConfigError, match="Lacking cannot stand in a list"):
            as_source([one, lacking])
