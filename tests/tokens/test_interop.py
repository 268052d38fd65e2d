"""Our tokens under PyJWT and PyJWT's under ours, by every algorithm and with a key in every form."""

from __future__ import annotations

import functools
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from nexios import MakeConfig, NexiosApp
from nexios.auth.backends.jwt import create_jwt, decode_jwt
from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError, InvalidToken
from tests.attacks.forging import b64
from tests.attacks.keys import jwk as jwk_of
from tests.attacks.keys import private_pem, public_pem, rsa_key
from tests.attacks.targets import TokenTarget
from tests.parts import SECRET

LONG_SECRET = SECRET * 2
PAYLOAD = {"id": "7", "x": ["y", 1, 1.5, None, True, {"z": "\u00e9\U0001f511"}]}
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@functools.cache
def key_for(algorithm: str) -> Any:
    """A private key that fits the algorithm."""
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm])
    return ed25519.Ed25519PrivateKey.generate() if algorithm == "EdDSA" else rsa_key()


def _jwk(algorithm: str, *, private: bool, **members: Any) -> dict[str, Any]:
    kind = {"E": ECKey, "R": RSAKey, "P": RSAKey}[algorithm[0]] if algorithm != "EdDSA" else OKPKey
    return {**kind.import_key(private_pem(key_for(algorithm))).as_dict(private=private), **members}


def form_of(algorithm: str, form: str, *, private: bool) -> Any:
    """The key in one of the forms in which it may be given to us."""
    if algorithm.startswith("HS"):
        jwk = {"kty": "oct", "k": b64(LONG_SECRET.encode()), "kid": "one"}
        pem = LONG_SECRET
    else:
        jwk = _jwk(algorithm, private=private, kid="one")
        pem = private_pem(key_for(algorithm)) if private else public_pem(key_for(algorithm))
    other = (
        jwk_of(rsa_key("another of ours"))
        if algorithm.startswith("HS")
        else OctKey.generate_key(512).as_dict()
    )
    other = other | {"kid": "two"}
    return {
        "text": pem,
        "JWK": jwk,
        "JWK as text": json.dumps(jwk),
        "bound JWK": {**jwk, "alg": algorithm},
        "JWKS": {"keys": [other, jwk]},
        "JWKS as text": json.dumps({"keys": [jwk, other]}),
    }[form]


def theirs(algorithm: str, *, private: bool) -> Any:
    """The key as PyJWT takes it."""
    if algorithm.startswith("HS"):
        return LONG_SECRET
    return key_for(algorithm) if private else key_for(algorithm).public_key()


FORMS = ["text", "JWK", "JWK as text", "bound JWK", "JWKS", "JWKS as text"]
# Each algorithm with a key as text and as a JWK, one of each family in every form.
FORMS_OF = [
    (algorithm, form)
    for algorithm in JWT_ALGORITHMS
    for form in FORMS
    if algorithm in ("HS256", "PS256", "ES256", "EdDSA") or form in ("text", "bound JWK")
]


@pytest.mark.parametrize(("algorithm", "form"), FORMS_OF)
def test_our_tokens_verify_under_pyjwt(algorithm: str, form: str) -> None:
    token = create_jwt(PAYLOAD, form_of(algorithm, form, private=True), algorithm)
    assert jwt.decode(token, theirs(algorithm, private=False), [algorithm]) == PAYLOAD
    header = jwt.get_unverified_header(token)
    assert header["alg"] == algorithm
    assert header["typ"] == "JWT"
    if form != "text" and not form.startswith("JWKS"):
        assert header["kid"] == "one"


@pytest.mark.parametrize(("algorithm", "form"), FORMS_OF)
def test_pyjwts_tokens_verify_under_ours(algorithm: str, form: str) -> None:
    for headers in ({}, {"kid": "one"}):
        token = jwt.encode(PAYLOAD, theirs(algorithm, private=True), algorithm, headers=headers)
        for private in (False, True):
            key = form_of(algorithm, form, private=private)
            assert decode_jwt(token, key, algorithms=[algorithm]) == PAYLOAD
            assert decode_jwt(token, key, algorithms=JWT_ALGORITHMS) == PAYLOAD


@pytest.mark.parametrize("algorithm", JWT_ALGORITHMS)
def test_an_application_signs_with_its_private_key_and_another_verifies_with_the_public_one(
    kept: int, algorithm: str
) -> None:
    hmac = algorithm.startswith("HS")
    settings = {"jwt_algorithms": [algorithm], "secret_key": LONG_SECRET if hmac else None}
    if not hmac:
        settings["jwt_key"] = form_of(algorithm, "text", private=True)
    signer = TokenTarget(kept=kept, **settings)
    signer.takes(create_jwt({"id": "7"}))
    if not hmac:
        settings["jwt_key"] = form_of(algorithm, "text", private=False)
    verifier = TokenTarget(kept=kept, **settings)
    token = jwt.encode({"id": "7"}, theirs(algorithm, private=True), algorithm)
    verifier.takes(token)
    signer.takes(token)
    if not hmac:
        with pytest.raises(ConfigError, match="no key to sign"):
            create_jwt({"id": "7"})


@pytest.mark.parametrize("algorithm", JWT_ALGORITHMS)
def test_a_token_of_another_algorithm_is_refused(algorithm: str) -> None:
    token = jwt.encode(PAYLOAD, theirs(algorithm, private=True), algorithm)
    key = form_of(algorithm, "text", private=False)
    others = [name for name in JWT_ALGORITHMS if name != algorithm and name[:2] == algorithm[:2]]
    if algorithm[0] in "RP":
        others += [name for name in JWT_ALGORITHMS if name[0] in "RP" and name != algorithm]
    for other in others:
        if algorithm.startswith("ES") and other != algorithm:
            with pytest.raises(ConfigError, match="no key to verify"):
                decode_jwt(token, key, algorithms=[other])
            continue
        with pytest.raises(InvalidToken, match="signed with"):
            decode_jwt(token, key, algorithms=[other])


@pytest.mark.parametrize("algorithm", [name for name in JWT_ALGORITHMS if not name.startswith("HS")])
def test_the_key_of_somebody_else_verifies_nothing(algorithm: str) -> None:
    token = create_jwt(PAYLOAD, form_of(algorithm, "text", private=True), algorithm)
    other = {"E": ec.generate_private_key, "R": None, "P": None}.get(algorithm[0])
    if algorithm == "EdDSA":
        forger: Any = ed25519.Ed25519PrivateKey.generate()
    else:
        forger = other(CURVES[algorithm]) if other else rsa_key("a forger's")
    with pytest.raises(InvalidToken, match="not one of ours"):
        decode_jwt(token, public_pem(forger), algorithms=[algorithm])


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)
payloads = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"])).filter(
        lambda name: name not in {"exp", "nbf", "iat", "aud", "iss", "sub", "jti"}
    ),
    json_values,
    min_size=1,
    max_size=4,
)


@given(payloads)
def test_any_payload_comes_back_from_both(payload: dict[str, Any]) -> None:
    ours = create_jwt(payload, SECRET)
    assert decode_jwt(ours, SECRET) == payload
    assert jwt.decode(ours, SECRET, ["HS256"]) == payload
    assert decode_jwt(jwt.encode(payload, SECRET, "HS256"), SECRET) == payload


def test_whom_a_token_is_for_and_by_whom_is_understood_by_both() -> None:
    NexiosApp(config=MakeConfig(secret_key=SECRET, jwt_audience="api", jwt_issuer="https://idp"))
    ours = create_jwt({"id": "7"})
    assert jwt.decode(ours, SECRET, ["HS256"], audience="api", issuer="https://idp") == {
        "id": "7",
        "aud": "api",
        "iss": "https://idp",
    }
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(ours, SECRET, ["HS256"])
    claims = {"id": "7", "aud": ["web", "api"], "iss": "https://idp"}
    assert decode_jwt(jwt.encode(claims, SECRET, "HS256")) == claims
    with pytest.raises(InvalidToken, match="aud"):
        decode_jwt(jwt.encode({"id": "7", "iss": "https://idp"}, SECRET, "HS256"))
