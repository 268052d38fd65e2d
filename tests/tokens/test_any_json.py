"""Whatever a provider or a file says: keys, claims, or an error of ours, and nothing else."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError, InvalidToken, IssuerUnavailable
from nexios.tokens import Introspection, Issuer, KeyRing, ProtectedResource
from nexios.tokens.jwks import usable_keys
from nexios.tokens.keys import TokenKey
from nexios.tokens.source import scope_permissions, unverified_issuer
from tests.attacks.forging import part
from tests.attacks.keys import ec_key, jwk, rsa_key
from tests.parts import Clock

URL = "https://accounts.example"
EC, RSA = jwk(ec_key()), jwk(rsa_key())
TOKEN = (
    f"{part({'alg': 'ES256', 'kid': 'a'})}.{part({'iss': URL, 'aud': 'api', 'sub': '7', 'exp': 2**31})}.AA"
)

things = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
values = things | st.sampled_from(
    ["sig", "enc", "RS256", "ES256", "HS256", "none", "a", "P-256", "RSA", "EC", "oct"]
)
members = st.builds(
    lambda base, changed: {**base, **changed},
    st.sampled_from([EC, RSA, {"kty": "oct", "k": "AAAA"}, {}]),
    st.dictionaries(
        st.sampled_from(["kty", "kid", "alg", "use", "key_ops", "n", "e", "x", "y", "crv", "d", "k", "x5c"]),
        values,
        max_size=3,
    ),
)


@given(st.lists(members | things, max_size=4))
def test_whatever_stands_in_a_jwks_is_a_key_or_passed_over(found: list[Any]) -> None:
    algorithms = [name for name in JWT_ALGORITHMS if not name.startswith("HS")]
    for key in usable_keys(found, algorithms, "somebody"):
        assert isinstance(key, TokenKey)
        assert set(key.algorithms) <= set(algorithms)
        assert not key.can_sign


def answering(**pages: Any) -> httpx2.AsyncClient:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=json.dumps(pages[request.url.path.rpartition("/")[2]]))

    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer))


@given(
    things | st.fixed_dictionaries({"issuer": st.just(URL) | things}, optional={"jwks_uri": things}), things
)
def test_whatever_a_provider_answers_nobody_is_believed(metadata: Any, keys: Any) -> None:
    pages = {"openid-configuration": metadata, "keys": keys}
    for place in (None, f"{URL}/keys"):
        issuer = Issuer(URL, audience="api", jwks_uri=place, http=answering(**pages), clock=Clock())
        with pytest.raises((IssuerUnavailable, InvalidToken)):
            asyncio.run(issuer.verify(TOKEN))
        # It is not asked again for the next one.
        with pytest.raises((IssuerUnavailable, InvalidToken)):
            asyncio.run(issuer.verify(TOKEN))


def test_what_is_nested_deep_is_no_metadata_and_not_asked_for_again() -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        return httpx2.Response(200, content='{"issuer":' + "[" * 900 + "]" * 900 + "}")

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    issuer = Issuer(URL, audience="api", http=http, clock=Clock())
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            asyncio.run(issuer.verify(TOKEN))
    assert len(asked) == 1


@given(
    things
    | st.fixed_dictionaries(
        {"active": st.just(True) | things},
        optional=dict.fromkeys(("sub", "exp", "nbf", "aud", "iss", "scope", "token_type", "jti"), things),
    )
)
def test_whatever_an_introspection_answers_is_claims_or_a_refusal(answer: Any) -> None:
    asked = Introspection(
        f"{URL}/introspect",
        client_id="a",
        client_secret="b",
        http=answering(introspect=answer),
        clock=Clock(),
    )
    try:
        claims = asyncio.run(asked.verify("opaque"))
    except (IssuerUnavailable, InvalidToken):
        return
    assert answer["active"] is True
    assert dict(claims) == {name: value for name, value in answer.items() if name != "active"}
    assert all(isinstance(name, str) for name in scope_permissions(claims))


@given(
    st.text(max_size=80)
    | members
    | st.builds(lambda each: {"keys": each}, st.lists(members | things, max_size=3))
)
def test_whatever_is_loaded_is_a_ring_or_a_config_error(material: Any) -> None:
    for form in (material, json.dumps(material)):
        try:
            ring = KeyRing.load(form)
        except ConfigError:
            continue
        for key in ring.keys:
            assert key.key.algorithms == (key.algorithm,)
        assert (
            KeyRing.load({"keys": [key.secret_jwk() for key in ring.keys]}).public_jwks()
            == ring.public_jwks()
        )


@given(st.text(max_size=60) | st.builds(lambda one, two: f"{part(one)}.{part(two)}.x", things, things))
def test_whatever_a_token_says_of_its_issuer_is_text_or_nothing(token: str) -> None:
    assert isinstance(unverified_issuer(token), str | None)


@given(st.text(max_size=40) | st.builds(lambda end: f"https://{end}", st.text(max_size=30)) | things)
def test_whatever_is_an_address_is_safe_or_a_config_error(url: Any) -> None:
    try:
        resource = ProtectedResource(resource=url, authorization_servers=[URL])
    except ConfigError:
        return
    assert url.startswith(("https://", "http://localhost", "http://127.0.0.1", "http://[::1]", "HTTP"))
    assert httpx2.URL(resource.metadata_url).path.startswith("/.well-known/oauth-protected-resource")
