"""The public vectors on the other roads: a key ring, the keys that an issuer publishes, encrypted tokens."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError, InvalidToken
from nexios.tokens import KeyRing
from nexios.tokens.claims import ClaimRules
from nexios.tokens.jwks import usable_keys
from nexios.tokens.jws import SignatureVerifier
from nexios.tokens.keys import load_keys
from nexios.tokens.ringverifier import RingVerifier
from tests.tokens.test_vectors import OTHERWISE, VECTORS, _cases, _rfc

pytestmark = pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside this checkout")

ASYMMETRIC = [name for name in JWT_ALGORITHMS if not name.startswith("HS")]
CASES = [*_cases("json_web_signature"), *_cases("json_web_key"), *_cases("json_web_crypto")]


def _valid(name: str, case: dict[str, Any]) -> bool:
    return (case["result"] == "valid") != ((name, case["tcId"]) in OTHERWISE)


def _token(case: dict[str, Any]) -> str:
    return case["jws"] if isinstance(case["jws"], str) else json.dumps(case["jws"])


@pytest.mark.parametrize(("name", "key", "case"), CASES)
def test_the_keys_of_an_issuer_take_what_is_valid_and_not_by_a_secret(
    name: str, key: dict[str, Any], case: dict[str, Any]
) -> None:
    members = key.get("keys", [key])
    secret = any(member.get("kty") == "oct" for member in members)
    try:
        keys = usable_keys(members, ASYMMETRIC, "an issuer of vectors")
        SignatureVerifier(keys, ASYMMETRIC).payload(_token(case))
        taken = True
    except InvalidToken:
        taken = False
    if secret:
        assert not taken or _valid(name, case)
    else:
        assert taken == _valid(name, case), case["comment"]


@pytest.mark.parametrize(("name", "key", "case"), CASES)
def test_a_ring_takes_nothing_that_is_not_valid(name: str, key: dict[str, Any], case: dict[str, Any]) -> None:
    try:
        ring = KeyRing.load(key)
    except ConfigError:
        return
    keys = [each.key for each in ring.keys]
    try:
        SignatureVerifier(keys, JWT_ALGORITHMS).payload(_token(case))
    except InvalidToken:
        # One key is for one algorithm, which the vectors name in the key where they mean it.
        named = [member.get("alg") for member in key.get("keys", [key])]
        assert not (_valid(name, case) and named == [each.algorithm for each in ring.keys]), case["comment"]
    else:
        assert _valid(name, case), case["comment"]


def _encrypted() -> list[Any]:
    path = VECTORS / "wycheproof" / "json_web_crypto_test.json"
    if not path.exists():
        return []
    groups = json.loads(path.read_text())["testGroups"]
    return [
        pytest.param(group["private"], case["jwe"], id=str(case["tcId"]))
        for group in groups
        for case in group["tests"]
        if "jwe" in case
    ]


@pytest.mark.parametrize(("key", "token"), _encrypted())
def test_an_encrypted_token_is_none_of_ours(key: dict[str, Any], token: Any) -> None:
    text = token if isinstance(token, str) else json.dumps(token)
    try:
        keys = load_keys(key, JWT_ALGORITHMS)
    except ConfigError:
        return
    with pytest.raises(InvalidToken):
        SignatureVerifier(keys, JWT_ALGORITHMS).payload(text)


@pytest.mark.parametrize("name", ["RFC 7638 3.1 (thumbprint)", "RFC 8037 A.1-A.4 (Ed25519)"])
def test_a_ring_names_a_key_by_the_thumbprint_of_the_rfc(name: str) -> None:
    example = _rfc(name)
    jwk = {member: value for member, value in example["jwk"].items() if member not in ("kid", "alg")}
    (key,) = KeyRing.load(jwk).keys
    assert key.kid == example["thumbprint_sha256"]


def test_a_ring_of_the_key_of_rfc_7515_verifies_its_token() -> None:
    example = _rfc("RFC 7515 A.1 (HS256)")
    ring = KeyRing.load(example["jwk"])
    before = RingVerifier(ring, ClaimRules(), lambda: example["claims"]["exp"] - 1)
    assert dict(before.verify_at_once(example["jws"])) == example["claims"]
    with pytest.raises(InvalidToken, match="expired"):
        RingVerifier(ring, ClaimRules(), time.time).verify_at_once(example["jws"])
