"""Which key of a ring signs, as it is read and changed, and what is known of each."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from nexios.exceptions import ConfigError
from nexios.tokens import KeyRing
from nexios.tokens.ringkey import Stage
from tests.attacks.keys import ec_key, jwk
from tests.parts import SECRET, Clock


def plain(algorithm: str) -> dict[str, Any]:
    """A new private key as others make them, of which nothing more is said."""
    made = KeyRing.generate(algorithm).signing_key.secret_jwk()
    return {name: made[name] for name in made if name not in ("nexios_stage", "iat", "kid")}


def staged(algorithm: str, stage: str) -> dict[str, Any]:
    return plain(algorithm) | {"nexios_stage": stage}


def mixed() -> KeyRing:
    """A key that signs and one of another kind that verifies."""
    return KeyRing.load({"keys": [plain("EdDSA"), plain("ES256")]})


def stages(ring: KeyRing) -> list[tuple[str, str]]:
    return [(key.stage.value, key.algorithm) for key in ring.keys]


def test_a_key_that_is_the_next_one_signs_nothing_before_a_rotation() -> None:
    ring = KeyRing.load(staged("EdDSA", "next"))
    with pytest.raises(ConfigError, match="no key that signs"):
        ring.sign({"sub": "7"})
    kid = ring.keys[0].kid
    assert ring.rotate().kid == kid
    assert ring.sign({"sub": "7"})


def test_a_key_that_verifies_signs_nothing_though_it_could() -> None:
    ring = KeyRing.load(staged("EdDSA", "verifies"))
    with pytest.raises(ConfigError, match="no key that signs"):
        ring.sign({"sub": "7"})


@pytest.mark.parametrize("stage", ["next", "signs"])
def test_a_public_key_does_nothing_but_verify(stage: str) -> None:
    public = jwk(ec_key())
    assert [key.stage for key in KeyRing.load(public | {"nexios_stage": "verifies"}).keys] == [Stage.VERIFIES]
    with pytest.raises(ConfigError, match="a public key signs nothing"):
        KeyRing.load(public | {"nexios_stage": stage})


def test_keys_are_in_the_order_of_their_life_however_they_stand() -> None:
    keys = [staged(algorithm, stage) for algorithm, stage in
            (("ES256", "verifies"), ("HS256", "next"), ("EdDSA", "signs"))]  # fmt: skip
    ring = KeyRing.load({"keys": keys})
    assert stages(ring) == [("signs", "EdDSA"), ("next", "HS256"), ("verifies", "ES256")]


def test_of_keys_that_say_nothing_the_first_signs_and_none_is_the_next() -> None:
    assert stages(mixed()) == [("signs", "EdDSA"), ("verifies", "ES256")]


def test_what_is_prepared_is_of_the_kind_that_signs_and_leaves_all_others() -> None:
    ring = mixed()
    signs, verifies = ring.keys
    prepared = ring.prepare()
    assert ring.keys == (signs, prepared, verifies)
    assert stages(ring) == [("signs", "EdDSA"), ("next", "EdDSA"), ("verifies", "ES256")]


def test_a_retired_old_key_is_replaced_by_none() -> None:
    ring = mixed()
    signs, verifies = ring.keys
    ring.retire(verifies.kid)
    assert ring.keys == (signs,)


def test_keys_within_a_key_are_none() -> None:
    with pytest.raises(ConfigError, match="must not stand among the keys"):
        KeyRing.load({"keys": [{"keys": [plain("EdDSA"), plain("EdDSA")]}]})


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA"])
def test_it_is_known_when_a_key_was_made(algorithm: str, clock: Clock) -> None:
    clock.turn(seconds=0.75)
    ring = KeyRing.generate(algorithm, clock=clock)
    assert [key.made_at for key in ring.keys] == [1_800_000_000] * 2
    again = KeyRing.load({"keys": [key.secret_jwk() for key in ring.keys]})
    assert [key.made_at for key in again.keys] == [1_800_000_000] * 2


@pytest.mark.parametrize("made_at", [None, True, 1.5, "1800000000", [1]], ids=repr)
def test_a_moment_that_is_none_is_not_known(made_at: Any) -> None:
    assert KeyRing.load(plain("EdDSA") | {"iat": made_at}).signing_key.made_at is None


@pytest.mark.parametrize("code", [0xD800, 0xDABC, 0xDFFF])
def test_a_name_with_half_a_letter_is_none(code: int) -> None:
    for kid in (chr(code), f"a{chr(code)}"):
        with pytest.raises(ConfigError, match="half a letter"):
            KeyRing.load(plain("EdDSA") | {"kid": kid})


@pytest.mark.parametrize("kid", ["\ud7ff", "\ue000", "\U0001f511", "a"], ids=ascii)
def test_any_other_name_is_kept(kid: str) -> None:
    assert KeyRing.load(plain("EdDSA") | {"kid": kid}).signing_key.kid == kid


def test_the_name_of_a_secret_has_128_bits_and_of_a_new_one_tells_nothing() -> None:
    new = KeyRing.generate("HS256").signing_key
    secret = {"kty": "oct", "k": new.secret_jwk()["k"]}
    named = [new.kid, KeyRing.load(SECRET).signing_key.kid, KeyRing.load(secret).signing_key.kid]
    assert [len(base64.urlsafe_b64decode(kid + "==")) for kid in named] == [16, 16, 16]
    assert len(set(named)) == 3


def test_whoever_gets_a_key_cannot_change_it_in_the_ring() -> None:
    ring = KeyRing.generate("HS256")
    before = ring.keys
    for name, value in (("stage", Stage.SIGNS), ("kid", "x"), ("algorithm", "HS512"), ("key", None)):
        with pytest.raises(AttributeError):
            setattr(ring.keys[1], name, value)
    assert ring.keys == before


@pytest.mark.parametrize(
    "call",
    [
        lambda ring, clock: KeyRing(ring.keys, clock),
        lambda ring, clock: KeyRing.generate("HS256", clock),
        lambda ring, clock: KeyRing.load(SECRET, "HS512"),
        lambda ring, clock: KeyRing.from_env("RING", {"RING": SECRET}),
        lambda ring, clock: KeyRing.follow("ring.json", "HS512"),
        lambda ring, clock: ring.sign({"sub": "7"}, 5),
    ],
    ids=["a ring", "generate", "load", "from_env", "follow", "sign"],
)
def test_whatever_is_optional_is_named(call: Any, clock: Clock) -> None:
    with pytest.raises(TypeError, match="positional"):
        call(KeyRing.generate("HS256"), clock)
