"""Public test vectors: Wycheproof's, and the examples of the RFCs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nexios.auth.backends.jwt import decode_jwt
from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError, InvalidToken
from nexios.tokens.claims import ClaimRules
from nexios.tokens.jws import SignatureVerifier, read_header, sign_compact
from nexios.tokens.keys import load_keys
from tests.attacks.forging import b64

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
pytestmark = pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside this checkout")

# By file and number: cases that we judge otherwise, and why.
OTHERWISE = {
    ("json_web_signature", 346): "a token signed with PS384, and the key is bound to PS256 (RFC 8725 3.1)",
    ("json_web_signature", 347): "the key is bound to ES521, which is no algorithm (RFC 7518 3.1)",
    ("json_web_signature", 350): "as 346",
    ("json_web_signature", 351): "as 347",
    ("json_web_signature", 367): "letter by letter the token of case 357, which is valid",
    ("json_web_signature", 370): "letter by letter the token of case 357, which is valid",
    ("json_web_signature", 372): "a question mark in the header is not base64url (RFC 7515 2)",
    ("json_web_signature", 373): "a question mark in the payload is not base64url (RFC 7515 2)",
    ("json_web_key", 1): "a set of a secret and a public key: each is bound to its own algorithm",
    ("json_web_key", 7): "we do not factor an RSA key in order to find out that it is weak (ROCA)",
    ("json_web_crypto", 46): "as json_web_key 7",
    ("json_web_crypto", 47): "as json_web_key 1",
}


def _cases(name: str) -> Iterator[Any]:
    path = VECTORS / "wycheproof" / f"{name}_test.json"
    if not path.exists():
        return
    for group in json.loads(path.read_text())["testGroups"]:
        for case in group["tests"]:
            if "jws" in case:
                key = group.get("public") or group["private"]
                yield pytest.param(name, key, case, id=f"{name}-{case['tcId']}")


def _is_taken(key: dict[str, Any], jws: Any) -> bool:
    # A token in JSON comes as text, as it would over HTTP.
    token = jws if isinstance(jws, str) else json.dumps(jws)
    try:
        SignatureVerifier(load_keys(key, JWT_ALGORITHMS), JWT_ALGORITHMS).payload(token)
    except (InvalidToken, ConfigError):
        return False
    return True


@pytest.mark.parametrize(
    ("name", "key", "case"),
    [*_cases("json_web_signature"), *_cases("json_web_key"), *_cases("json_web_crypto")],
)
def test_wycheproof_signatures(name: str, key: dict[str, Any], case: dict[str, Any]) -> None:
    valid = case["result"] == "valid"
    if (name, case["tcId"]) in OTHERWISE:
        valid = not valid
    assert _is_taken(key, case["jws"]) == valid, case["comment"]


def test_the_cases_that_we_judge_otherwise_are_few_and_there() -> None:
    cases = {
        (case.values[0], case.values[2]["tcId"]): case.values[2]
        for name in ("json_web_signature", "json_web_key", "json_web_crypto")
        for case in _cases(name)
    }
    assert set(OTHERWISE) <= set(cases)
    assert len(cases) > 450
    same = cases["json_web_signature", 357]["jws"]
    assert cases["json_web_signature", 367]["jws"] == cases["json_web_signature", 370]["jws"] == same


def _macs() -> Iterator[Any]:
    for bits in (256, 384, 512):
        path = VECTORS / "wycheproof" / f"hmac_sha{bits}_test.json"
        if path.exists():
            for group in json.loads(path.read_text())["testGroups"]:
                for case in group["tests"]:
                    yield pytest.param(bits, group["tagSize"], case, id=f"HS{bits}-{case['tcId']}")


@pytest.mark.parametrize(("bits", "tag_size", "case"), list(_macs()))
def test_wycheproof_hmacs(bits: int, tag_size: int, case: dict[str, Any]) -> None:
    key, message, tag = (bytes.fromhex(case[name]) for name in ("key", "msg", "tag"))
    jwk = {"kty": "oct", "k": b64(key), "alg": f"HS{bits}"}
    if len(key) * 8 < bits:
        with pytest.raises(ConfigError):
            load_keys(jwk, [f"HS{bits}"])
        return
    (loaded,) = load_keys(jwk, [f"HS{bits}"])
    # RFC 7518 3.2: the whole HMAC, where others may cut it
    assert loaded.verifier(f"HS{bits}")(message, tag) == (case["result"] == "valid" and tag_size == bits)
    if case["result"] == "valid":
        assert loaded.signer(f"HS{bits}")(message)[: len(tag)] == tag


def _rfc(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / "rfc.json").read_text())[name]  # type: ignore[no-any-return]


def test_rfc_7515_a_1() -> None:
    example = _rfc("RFC 7515 A.1 (HS256)")
    keys = load_keys(example["jwk"], ["HS256"])
    payload = SignatureVerifier(keys, ["HS256"]).payload(example["jws"])
    expires = example["claims"]["exp"]
    assert dict(ClaimRules().read(payload, expires - 1)) == example["claims"]
    with pytest.raises(InvalidToken, match="expired"):
        ClaimRules().read(payload, expires)
    with pytest.raises(InvalidToken, match="expired"):
        decode_jwt(example["jws"], example["jwk"])
    assert read_header(example["jws"]) == {"typ": "JWT", "alg": "HS256"}


def test_rfc_8037_a_1_to_a_4() -> None:
    example = _rfc("RFC 8037 A.1-A.4 (Ed25519)")
    public = {name: value for name, value in example["jwk"].items() if name != "d"}
    for jwk in (example["jwk"], public):
        keys = load_keys(jwk, JWT_ALGORITHMS)
        assert SignatureVerifier(keys, ["EdDSA"]).payload(example["jws"]).decode() == example["payload_text"]
    (private,) = load_keys(example["jwk"], ["EdDSA"])
    assert sign_compact({}, example["payload_text"].encode(), private, "EdDSA") == example["jws"]
    (key,) = load_keys(public, ["EdDSA"])
    assert (private.can_sign, key.can_sign) == (True, False)


def test_rfc_7638_3_1_names_a_key_that_we_read() -> None:
    example = _rfc("RFC 7638 3.1 (thumbprint)")
    (key,) = load_keys(example["jwk"], JWT_ALGORITHMS)
    assert (key.algorithms, key.kid, key.can_sign) == (("RS256",), "2011-04-29", False)
    assert key.key.thumbprint() == example["thumbprint_sha256"]
