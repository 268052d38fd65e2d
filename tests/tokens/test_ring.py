"""A key ring through its life: made, rotated, retired, published."""

from __future__ import annotations

import json
import pickle
from typing import Any

import jwt as pyjwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.auth.backends.jwt import decode_jwt
from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError, InvalidToken
from nexios.tokens import KeyRing
from nexios.tokens.claims import ClaimRules
from nexios.tokens.jws import read_header
from nexios.tokens.ringkey import Stage
from nexios.tokens.ringverifier import RingVerifier
from tests.parts import SECRET, Clock

HMAC = ("HS256", "HS384", "HS512")
PAIRS = tuple(name for name in JWT_ALGORITHMS if name not in HMAC)


def verifier_of(ring: KeyRing, clock: Clock) -> RingVerifier:
    return RingVerifier(ring, ClaimRules(), clock)


@pytest.mark.parametrize("algorithm", JWT_ALGORITHMS)
def test_a_ring_of_every_algorithm_signs_and_verifies(algorithm: str, clock: Clock) -> None:
    ring = KeyRing.generate(algorithm, clock=clock)
    token = ring.sign({"sub": "7"}, expires_in=5)
    assert read_header(token) == {"typ": "JWT", "kid": ring.signing_key.kid, "alg": algorithm}
    assert dict(verifier_of(ring, clock).verify_at_once(token)) == {"sub": "7", "exp": int(clock.now) + 300}
    with pytest.raises(InvalidToken, match=r"signature|allowed"):
        verifier_of(KeyRing.generate(algorithm), clock).verify_at_once(token)


@pytest.mark.parametrize("algorithm", PAIRS)
def test_others_verify_with_what_is_published_and_cannot_sign_with_it(algorithm: str, clock: Clock) -> None:
    ring = KeyRing.generate(algorithm, clock=clock)
    published = json.loads(json.dumps(ring.public_jwks()))
    keys = {jwk["kid"]: jwk for jwk in published["keys"]}
    assert [jwk["alg"] for jwk in published["keys"]] == [algorithm, algorithm]
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & {name for jwk in published["keys"] for name in jwk}

    # By an independent library, which a stranger may use.
    token = ring.sign({"sub": "7"})
    key = pyjwt.PyJWK(keys[read_header(token)["kid"]])
    assert pyjwt.decode(token, key, [algorithm]) == {"sub": "7"}

    public = KeyRing.load(published)
    assert [each.stage for each in public.keys] == [Stage.VERIFIES, Stage.VERIFIES]
    assert verifier_of(public, clock).verify_at_once(token)["sub"] == "7"
    with pytest.raises(ConfigError, match="no key that signs"):
        public.sign({"sub": "7"})


@pytest.mark.parametrize("algorithm", PAIRS[:1] + PAIRS[-4:])
def test_the_name_of_a_public_key_is_its_thumbprint(algorithm: str) -> None:
    for jwk in KeyRing.generate(algorithm).public_jwks()["keys"]:
        from joserfc.jwk import JWKRegistry

        assert jwk["kid"] == JWKRegistry.import_key(jwk).thumbprint()


@pytest.mark.parametrize("algorithm", HMAC)
def test_nothing_of_a_secret_is_published_and_its_name_is_random(algorithm: str) -> None:
    ring = KeyRing.generate(algorithm)
    assert ring.public_jwks() == {"keys": []}
    names = [key.kid for key in (*ring.keys, *KeyRing.load(ring.keys[0].secret_jwk() | {"kid": "a"}).keys)]
    assert len(set(names)) == 3
    for key in ring.keys:
        assert len(key.key.key.raw_value) * 8 == int(algorithm[2:])
        assert key.key.thumbprint() != key.kid


def test_no_name_looks_like_an_option_of_a_command() -> None:
    ring = KeyRing.generate("HS256")
    for _ in range(400):
        ring.rotate()
    assert not [key.kid for key in ring.keys if key.kid.startswith("-")]


def test_a_secret_has_the_same_name_wherever_it_is_loaded() -> None:
    one, other = KeyRing.load(SECRET), KeyRing.load(f"  {SECRET}\n")
    assert one.signing_key.kid == other.signing_key.kid
    assert one.signing_key.kid not in (
        KeyRing.load(SECRET + "x").signing_key.kid,
        one.keys[0].key.thumbprint(),
    )


def test_the_next_key_is_published_before_it_signs_and_nobody_is_logged_out(clock: Clock) -> None:
    ring = KeyRing.generate("ES256", clock=clock)
    cached = ring.public_jwks()
    first = ring.sign({"sub": "7"})
    next_kid = ring.keys[1].kid

    signing = ring.rotate()

    assert signing.kid == next_kid == ring.signing_key.kid
    assert [key.stage for key in ring.keys] == [Stage.SIGNS, Stage.NEXT, Stage.VERIFIES]
    second = ring.sign({"sub": "7"})
    for token in (first, second):
        assert verifier_of(ring, clock).verify_at_once(token)
        # Whoever holds a copy from before the rotation takes both as well.
        assert verifier_of(KeyRing.load(cached), clock).verify_at_once(token)


def test_what_a_retired_key_signed_is_refused(clock: Clock) -> None:
    ring = KeyRing.generate(clock=clock)
    old, verifier = ring.signing_key.kid, verifier_of(ring, clock)
    token = ring.sign({"sub": "7"})
    ring.rotate()
    assert verifier.verify_at_once(token)
    ring.retire(old)
    with pytest.raises(InvalidToken):
        verifier.verify_at_once(token)
    assert old not in json.dumps(ring.public_jwks())


def test_a_retired_next_key_is_replaced_by_another() -> None:
    ring = KeyRing.generate()
    leaked = ring.keys[1].kid
    ring.retire(leaked)
    assert [key.stage for key in ring.keys] == [Stage.SIGNS, Stage.NEXT]
    assert leaked not in [key.kid for key in ring.keys]


def test_the_signing_key_and_one_that_is_not_there_are_not_retired() -> None:
    ring = KeyRing.generate()
    with pytest.raises(ConfigError, match="rotate the ring first"):
        ring.retire(ring.signing_key.kid)
    with pytest.raises(ConfigError, match="has no key 'x'"):
        ring.retire("x")
    assert len(ring.keys) == 2


def test_a_ring_changes_its_algorithm_by_a_rotation(clock: Clock) -> None:
    ring = KeyRing.generate("HS256", clock=clock)
    token = ring.sign({"sub": "7"})
    ring.rotate("EdDSA")
    assert [key.algorithm for key in ring.keys] == ["HS256", "EdDSA", "HS256"]
    ring.rotate()
    assert ring.signing_key.algorithm == "EdDSA"
    assert verifier_of(ring, clock).verify_at_once(token)


def test_a_ring_that_has_changed_its_algorithm_does_not_change_it_back() -> None:
    ring = KeyRing.generate("HS256")
    ring.rotate("EdDSA")
    for old in (["HS256", "HS256"], ["EdDSA", "HS256", "HS256"]):
        ring.rotate()
        assert [key.algorithm for key in ring.keys] == ["EdDSA", "EdDSA", *old]


def test_a_ring_of_one_key_is_prepared_before_its_first_rotation() -> None:
    ring = KeyRing.load(SECRET)
    assert [key.stage for key in ring.keys] == [Stage.SIGNS]
    prepared = ring.prepare()
    assert ring.prepare() is prepared
    assert ring.rotate().kid == prepared.kid


def test_a_ring_of_one_key_that_was_not_prepared_signs_with_a_new_one_at_once(clock: Clock) -> None:
    ring = KeyRing.load(SECRET, clock=clock)
    token = ring.sign({"sub": "7"})
    ring.rotate()
    assert [key.stage for key in ring.keys] == [Stage.SIGNS, Stage.NEXT, Stage.VERIFIES]
    assert verifier_of(ring, clock).verify_at_once(token)


def test_a_token_without_a_name_is_taken_of_any_key_of_the_ring(clock: Clock) -> None:
    ring = KeyRing.load(SECRET, clock=clock)
    assert decode_jwt(ring.sign({"id": "7"}), SECRET) == {"id": "7"}
    unnamed = pyjwt.encode({"id": "7"}, SECRET, "HS256")
    ring.rotate()
    assert verifier_of(ring, clock).verify_at_once(unnamed)


@pytest.mark.parametrize("algorithm", ["none", "HS1", "", "hs256", "ES256K"])
def test_no_ring_is_of_an_algorithm_that_is_none(algorithm: str) -> None:
    with pytest.raises(ConfigError, match="signs no token"):
        KeyRing.generate(algorithm)
    with pytest.raises(ConfigError, match="signs no token"):
        KeyRing.load(SECRET, algorithm=algorithm)


@pytest.mark.parametrize("keys", [[], "secret", {"keys": []}, ["secret"]], ids=repr)
def test_no_ring_is_made_of_what_are_no_keys(keys: Any) -> None:
    with pytest.raises(ConfigError, match=r"KeyRing\.generate\(\), or KeyRing\.load"):
        KeyRing(keys)


def test_a_wrong_name_of_a_key_or_a_file_is_told_with_the_mend() -> None:
    ring = KeyRing.generate("ES256")
    for name in (None, ring.signing_key):
        with pytest.raises(ConfigError, match="choose from"):
            ring.retire(name)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="the path of a file"):
        KeyRing.follow(7)  # type: ignore[arg-type]
    jwk = {**ring.keys[0].secret_jwk(), "kid": "\ud800"}
    with pytest.raises(ConfigError, match="leave it out"):
        KeyRing.load(jwk)


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA", "RS256"])
def test_nothing_that_is_printed_shows_a_secret(algorithm: str) -> None:
    ring = KeyRing.generate(algorithm)
    secrets = {
        value for key in ring.keys for name, value in key.secret_jwk().items() if name in ("d", "k", "p", "q")
    }
    assert secrets
    for shown in (repr(ring), str(ring.keys), f"{ring.signing_key}", repr(ring.signing_key.key)):
        assert not [secret for secret in secrets if secret[:12] in shown]
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(ring)


@given(st.lists(st.sampled_from(["rotate", "retire", "prepare", "reload"]), max_size=12))
def test_whatever_becomes_of_a_ring_one_key_signs_and_all_it_has_verify(steps: list[str]) -> None:
    clock = Clock()
    ring = KeyRing.generate("HS256", clock=clock)
    signed: dict[str, str] = {}
    for step in steps:
        signed[ring.signing_key.kid] = ring.sign({"sub": "7"})
        if step == "rotate":
            ring.rotate()
        elif step == "prepare":
            ring.prepare()
        elif step == "reload":
            ring = KeyRing.load({"keys": [key.secret_jwk() for key in ring.keys]}, clock=clock)
        elif len(ring.keys) > 1:
            ring.retire(ring.keys[-1].kid)
        stages = [key.stage for key in ring.keys]
        assert stages[:2] == [Stage.SIGNS, Stage.NEXT]
        assert set(stages[2:]) <= {Stage.VERIFIES}
        verifier, names = verifier_of(ring, clock), {key.kid for key in ring.keys}
        for kid, token in signed.items():
            assert _is_taken(verifier, token) == (kid in names)


def _is_taken(verifier: RingVerifier, token: Any) -> bool:
    try:
        return bool(verifier.verify_at_once(token))
    except InvalidToken:
        return False
