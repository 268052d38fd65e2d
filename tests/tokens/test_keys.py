"""Keys in every form, what each is good for, and what is no key."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa, x25519
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from nexios.auth.backends.jwt import create_jwt, decode_jwt
from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError, InvalidToken
from nexios.tokens.jws import SignatureVerifier, read_header
from nexios.tokens.keys import load_keys
from tests.attacks.forging import GOOD_CLAIMS, b64, forge
from tests.attacks.keys import certificate, ec_key, ed_key, jwk, private_pem, public_pem, rsa_key
from tests.attacks.targets import TokenTarget
from tests.parts import OTHER_SECRET, SECRET

RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
HMAC = ("HS256", "HS384", "HS512")
BYTES_64 = b64(b"0123456789abcdef" * 4)
PRIVATE_RSA = RSAKey.import_key(private_pem(rsa_key())).as_dict(private=True)


@pytest.mark.parametrize(
    ("material", "good_for", "signs"),
    [
        (SECRET, HMAC, True),
        (f"  {SECRET}  ", HMAC, True),
        ("[]", HMAC, True),
        (public_pem(rsa_key()), RSA, False),
        (private_pem(rsa_key()), RSA, True),
        ("\n\n" + public_pem(rsa_key()), RSA, False),
        ("words before\n" + public_pem(rsa_key()) + "words behind", RSA, False),
        (public_pem(ec_key()), ("ES256",), False),
        (private_pem(ec_key()), ("ES256",), True),
        (public_pem(ed_key()), ("EdDSA",), False),
        (private_pem(ed_key()), ("EdDSA",), True),
        (private_pem(ec.generate_private_key(ec.SECP384R1())), ("ES384",), True),
        (private_pem(ec.generate_private_key(ec.SECP521R1())), ("ES512",), True),
        (f"-----BEGIN CERTIFICATE-----\n{certificate(rsa_key())}\n-----END CERTIFICATE-----\n", RSA, False),
        (jwk(rsa_key()), RSA, False),
        (jwk(rsa_key(), alg="PS384"), ("PS384",), False),
        (PRIVATE_RSA, RSA, True),
        (PRIVATE_RSA | {"key_ops": ["sign"]}, RSA, True),
        (PRIVATE_RSA | {"key_ops": ["verify"]}, RSA, False),
        ({"kty": "oct", "k": BYTES_64}, HMAC, True),
        ({"kty": "oct", "k": BYTES_64, "key_ops": ["verify"]}, HMAC, False),
        ({"kty": "oct", "k": BYTES_64, "key_ops": ["sign"]}, HMAC, True),
        ({"kty": "oct", "k": BYTES_64, "alg": "HS384", "use": "sig"}, ("HS384",), True),
        ({"kty": "oct", "k": b64(b"x" * 48)}, ("HS256", "HS384"), True),
        ({"kty": "oct", "k": b64(b"x" * 32)}, ("HS256",), True),
    ],
)
def test_a_key_is_good_for_what_fits_it(material: Any, good_for: tuple[str, ...], signs: bool) -> None:
    for form in (material, json.dumps(material)) if isinstance(material, dict) else (material,):
        (key,) = load_keys(form, JWT_ALGORITHMS)
        assert sorted(key.algorithms) == sorted(good_for)
        assert key.can_sign is signs
        for one in good_for:
            (alone,) = load_keys(form, [one])
            assert alone.algorithms == (one,)
        assert load_keys(form, [name for name in JWT_ALGORITHMS if name not in good_for]) == []


EC_JWK = jwk(ec_key())


@pytest.mark.parametrize(
    ("material", "says"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        (b"bytes", "not bytes"),
        (None, "not NoneType"),
        (7, "not int"),
        ([SECRET], "not list"),
        ("{", "begins like JSON"),
        ('{"kty":"oct"', "begins like JSON"),
        ({}, "cannot be read"),
        ({"kty": "oct"}, "cannot be read"),
        ({"kty": "oct", "k": 7}, "cannot be read"),
        ({"kty": "oct", "k": "\u00e9"}, "cannot be read"),
        ({"kty": "oct", "k": ""}, r"cannot be read|0 bytes"),
        ({"kty": "oct", "k": b64(b"x" * 31)}, "31 bytes"),
        ({"kty": "oct", "k": b64(b"x" * 47), "alg": "HS384"}, "47 bytes"),
        ({"kty": "oct", "k": b64(b"x" * 63), "alg": "HS512"}, "63 bytes"),
        ({"kty": "oct", "k": BYTES_64, "alg": "RS256"}, "does not fit"),
        ({"kty": "oct", "k": BYTES_64, "alg": "none"}, "does not fit"),
        ({"kty": "oct", "k": BYTES_64, "alg": 5}, "cannot be read"),
        ({"kty": "oct", "k": BYTES_64, "kid": 5}, "cannot be read"),
        ({"kty": "oct", "k": BYTES_64, "use": "enc"}, "not for signatures"),
        ({"kty": "oct", "k": BYTES_64, "use": "tls"}, "not for signatures"),
        ({"kty": "oct", "k": BYTES_64, "use": None}, "not for signatures"),
        ({"kty": "oct", "k": BYTES_64, "use": ["sig"]}, "not for signatures"),
        ({"kty": "oct", "k": BYTES_64, "key_ops": []}, "not for signatures"),
        ({"kty": "oct", "k": BYTES_64, "key_ops": ["encrypt"]}, "not for signatures"),
        ({"kty": "oct", "k": BYTES_64, "key_ops": "verify"}, "not for signatures"),
        ({"kty": "oct", "k": BYTES_64, "key_ops": 5}, "not for signatures"),
        ({"kty": "oct", "k": BYTES_64, "key_ops": [["verify"]]}, "not for signatures"),
        ({"kty": "foo"}, "cannot be read"),
        (jwk(rsa_key(), alg="ES256"), "does not fit"),
        (jwk(rsa_key(), e="AQ"), "cannot be read"),
        (EC_JWK | {"x": "AA"}, "cannot be read"),
        (EC_JWK | {"crv": "P-999"}, "cannot be read"),
        (EC_JWK | {"alg": "ES384"}, "does not fit"),
        ({"kty": "OKP", "crv": "X25519", "x": b64(b"1" * 32)}, "X25519"),
        ({"keys": 5}, "list"),
        ({"keys": "x"}, "list"),
        ({"keys": {}}, "list"),
        ({"keys": [5]}, "list"),
        ({"keys": [{"kty": "foo"}]}, "cannot be read"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "PEM text cannot be read"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", "PEM text"),
        (public_pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), "1024 bits"),
        (public_pem(ec.generate_private_key(ec.SECP256K1())), "secp256k1"),
        (public_pem(x25519.X25519PrivateKey.generate()), "X25519"),
        (public_pem(dsa.generate_private_key(1024)), "PEM text"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ada@example", "SSH"),
        ("ecdsa-sha2-nistp256 AAAA", "SSH"),
        ("sk-ssh-ed25519@openssh.com AAAA", "SSH"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_key_is_an_error_that_says_why(material: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load_keys(material, JWT_ALGORITHMS)
    assert BYTES_64 not in str(caught.value)


json_things = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["kty", "k", "alg", "use", "kid", "key_ops", "crv", "x", "y", "n", "e", "d", "keys", "ext"]
        ),
        st.sampled_from(
            ["oct", "RSA", "EC", "OKP", "sig", "P-256", "Ed25519", "AQAB", BYTES_64, ["verify"], EC_JWK["x"]]
        )
        | json_things,
    )
    | st.text(max_size=60)
)
def test_whatever_is_given_is_a_key_or_a_config_error(material: Any) -> None:
    try:
        keys = load_keys(material, JWT_ALGORITHMS)
    except ConfigError:
        return
    verifier = SignatureVerifier(keys, JWT_ALGORITHMS)
    with pytest.raises(InvalidToken):
        verifier.payload(forge())


@pytest.mark.parametrize(("bits", "good"), [(2047, False), (2048, True), (2056, True)])
def test_an_rsa_key_has_2048_bits_or_more(bits: int, good: bool) -> None:
    pem = public_pem(rsa.generate_private_key(public_exponent=65537, key_size=bits))
    if good:
        (key,) = load_keys(pem, JWT_ALGORITHMS)
        assert key.algorithms == RSA
    else:
        with pytest.raises(ConfigError, match="2047 bits where 2048 are needed"):
            load_keys(pem, JWT_ALGORITHMS)


def test_nobody_changes_what_a_key_is_good_for() -> None:
    (key,) = load_keys(public_pem(rsa_key()), ["RS256"])
    changed: Any = key
    with pytest.raises(AttributeError):
        changed.algorithms = ("HS256",)
    with pytest.raises(AttributeError):
        changed.can_sign = True


# One that comes before `sig` in the alphabet, and one behind it.
@pytest.mark.parametrize("use", ["enc", "tls"])
def test_keys_for_another_use_may_stand_in_a_set(use: str) -> None:
    keys = {"keys": [jwk(rsa_key("for encryption"), use=use, kid="e"), jwk(rsa_key(), use="sig", kid="s")]}
    target = TokenTarget(jwt_algorithms=["RS256"], jwt_key=keys)
    target.takes(jwt.encode(GOOD_CLAIMS, rsa_key(), "RS256", headers={"kid": "s"}))
    target.refuses(jwt.encode(GOOD_CLAIMS, rsa_key("for encryption"), "RS256", headers={"kid": "e"}))
    target.refuses(jwt.encode(GOOD_CLAIMS, rsa_key("for encryption"), "RS256"))


@pytest.mark.parametrize("keys", [{"keys": []}, {"keys": [jwk(rsa_key(), use="enc")]}])
def test_a_set_without_a_key_for_us_does_not_start(keys: dict[str, Any]) -> None:
    target = TokenTarget(jwt_algorithms=["RS256"], jwt_key=keys, secret_key=None)
    with pytest.raises(ConfigError, match="no key to verify RS256"):
        target.app.build()


def test_the_first_secret_signs_and_all_verify(kept: int) -> None:
    target = TokenTarget(kept=kept, secret_key=[SECRET, OTHER_SECRET])
    token = create_jwt({"id": "7"})
    assert decode_jwt(token, SECRET) == {"id": "7"}
    with pytest.raises(InvalidToken):
        decode_jwt(token, OTHER_SECRET)
    target.takes(token)
    target.takes(forge(secret=OTHER_SECRET))
    target.refuses(forge(secret=SECRET + OTHER_SECRET))
    after = TokenTarget(kept=kept, secret_key=[SECRET])
    after.takes(token)
    after.refuses(forge(secret=OTHER_SECRET))


def test_a_kid_beside_a_secret_is_the_issuers_affair(kept: int) -> None:
    target = TokenTarget(kept=kept, secret_key=[SECRET, OTHER_SECRET])
    target.takes(forge({"alg": "HS256", "kid": "whatever"}))
    target.takes(forge({"alg": "HS256", "kid": "whatever"}, secret=OTHER_SECRET))


def test_a_key_set_is_rotated_by_adding_and_taking_away(kept: int) -> None:
    old, new = rsa_key("last year's"), rsa_key("this year's")
    by_old, by_new = (
        jwt.encode(GOOD_CLAIMS, key, "RS256", headers={"kid": kid})
        for key, kid in ((old, "old"), (new, "new"))
    )
    before = TokenTarget(kept=kept, jwt_algorithms=["RS256"], jwt_key={"keys": [jwk(old, kid="old")]})
    between = TokenTarget(
        kept=kept, jwt_algorithms=["RS256"], jwt_key={"keys": [jwk(new, kid="new"), jwk(old, kid="old")]}
    )
    after = TokenTarget(kept=kept, jwt_algorithms=["RS256"], jwt_key={"keys": [jwk(new, kid="new")]})
    before.takes(by_old)
    before.refuses(by_new)
    between.takes(by_old)
    between.takes(by_new)
    after.refuses(by_old)
    after.takes(by_new)


def test_a_token_is_verified_by_the_key_that_it_names_alone(kept: int) -> None:
    one, other = rsa_key("one"), rsa_key("other")
    keys = {"keys": [jwk(one, kid="one"), jwk(other, kid="other")]}
    target = TokenTarget(kept=kept, jwt_algorithms=["RS256"], jwt_key=keys)
    target.takes(jwt.encode(GOOD_CLAIMS, one, "RS256", headers={"kid": "one"}))
    target.refuses(jwt.encode(GOOD_CLAIMS, one, "RS256", headers={"kid": "other"}))
    target.refuses(jwt.encode(GOOD_CLAIMS, one, "RS256", headers={"kid": "third"}))


@pytest.mark.parametrize("spoilt", [".{1}.{2}", "{0}.{1}.", "{0}.{1}.{1}.{2}", "{0}"])
def test_the_log_is_told_where_a_token_has_not_three_parts(spoilt: str) -> None:
    token = spoilt.format(*forge().split("."))
    with pytest.raises(InvalidToken, match="not three parts"):
        decode_jwt(token, SECRET)


def test_a_token_names_the_key_that_signed_it() -> None:
    keys = {"keys": [PRIVATE_RSA | {"kid": "one"}]}
    assert read_header(create_jwt({"id": "7"}, keys, "RS256"))["kid"] == "one"
    assert "kid" not in read_header(create_jwt({"id": "7"}, SECRET))


def test_a_public_key_signs_nothing() -> None:
    for key in (public_pem(rsa_key()), jwk(rsa_key()), PRIVATE_RSA | {"key_ops": ["verify"]}):
        with pytest.raises(ConfigError, match="no key to sign RS256"):
            create_jwt({"id": "7"}, key, "RS256")


def test_a_key_that_does_not_fit_the_algorithm_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no key to sign HS256"):
        create_jwt({"id": "7"}, private_pem(rsa_key()))
    with pytest.raises(ConfigError, match="no key to verify RS256"):
        decode_jwt(forge(), SECRET, algorithms=["RS256"])


@pytest.mark.parametrize("token", ["", ".", "x", "\u00e9", "e30", "W10.a.b", "bm8.a.b", "a" * 20_000])
def test_the_header_of_what_is_no_token_is_refused(token: str) -> None:
    if token == "e30":
        assert read_header(token) == {}
        return
    with pytest.raises(InvalidToken):
        read_header(token)


def test_many_headers_do_not_add_up() -> None:
    verifier = SignatureVerifier(load_keys(SECRET, ["HS256"]), ["HS256"])
    for number in range(300):
        verifier.payload(forge({"alg": "HS256", "kid": str(number)}))
    assert verifier.payload(forge({"alg": "HS256", "kid": "0"})) == b'{"id": "7"}'
