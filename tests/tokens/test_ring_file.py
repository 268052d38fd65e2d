"""Where rings are read from and kept, and what is none."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from nexios import MakeConfig
from nexios.exceptions import ConfigError
from nexios.tokens import KeyRing
from tests.attacks.forging import b64
from tests.attacks.keys import ec_key, ed_key, jwk, private_pem, public_pem, rsa_key
from tests.parts import SECRET, Clock


def same(one: KeyRing, other: KeyRing) -> bool:
    return [key.secret_jwk() for key in one.keys] == [key.secret_jwk() for key in other.keys]


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "PS512", "ES384", "EdDSA"])
def test_what_was_saved_is_loaded_again_and_the_owner_alone_may_read_it(
    tmp_path: Path, algorithm: str
) -> None:
    ring, path = KeyRing.generate(algorithm), tmp_path / "ring.json"
    ring.rotate()
    previous = os.umask(0)
    try:
        ring.save(path)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert same(KeyRing.load(path), ring)
    assert same(KeyRing.load(str(path)), ring)
    assert same(KeyRing.load(path.read_text()), ring)
    assert same(KeyRing.load(json.loads(path.read_text())), ring)
    assert same(KeyRing.from_env(environ={"NEXIOS_KEY_RING": str(path)}), ring)
    assert same(KeyRing.from_env("RING", environ={"RING": path.read_text()}), ring)
    assert [each.name for each in tmp_path.iterdir()] == ["ring.json"]


def test_whoever_reads_while_it_is_saved_sees_the_old_or_the_new(tmp_path: Path) -> None:
    path, rings = tmp_path / "ring.json", [KeyRing.generate("HS256"), KeyRing.generate("HS512")]
    rings[0].save(path)
    done = threading.Event()

    def save() -> None:
        for number in range(100):
            rings[number % 2].save(path)
        done.set()

    writer = threading.Thread(target=save)
    writer.start()
    seen = 0
    while not done.is_set():
        ring = KeyRing.load(path)
        assert same(ring, rings[0]) or same(ring, rings[1])
        seen += 1
    writer.join()
    assert seen


@pytest.mark.parametrize(
    ("material", "algorithm", "expected"),
    [
        (SECRET, None, "HS256"),
        (SECRET * 2, "HS512", "HS512"),
        (private_pem(rsa_key()), None, "RS256"),
        (private_pem(rsa_key()), "PS384", "PS384"),
        (private_pem(ec_key()), None, "ES256"),
        (private_pem(ed_key()), None, "EdDSA"),
        ({"kty": "oct", "k": b64(os.urandom(64)), "alg": "HS512"}, None, "HS512"),
        ({"kty": "oct", "k": b64(bytes(range(100, 132)))}, None, "HS256"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_key_is_for_one_algorithm_alone(material: Any, algorithm: str | None, expected: str) -> None:
    ring = KeyRing.load(material, algorithm=algorithm)
    assert [key.algorithm for key in ring.keys] == [expected]
    assert ring.signing_key.key.algorithms == (expected,)


def test_the_name_that_a_key_brings_is_kept_and_the_first_that_can_signs(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    private = {**KeyRing.load(private_pem(ec_key())).signing_key.key.secret_jwk(), "kid": "mine"}
    path.write_text(json.dumps({"keys": [jwk(rsa_key(), kid="theirs", alg="RS256"), private]}))
    path.chmod(0o600)
    ring = KeyRing.load(path)
    assert [key.kid for key in ring.keys] == ["mine", "theirs"]
    assert ring.signing_key.kid == "mine"


@pytest.mark.parametrize(
    ("material", "says"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (b"bytes", "not bytes"),
        (None, "not NoneType"),
        ("a-secret-of-few-bytes", r"21 bytes where HS256 wants at least 32 \(RFC 7518 3.2\)"),
        ("changeme-changeme-changeme-changeme", "placeholder"),
        ("keys/ring", "no file"),
        ("/etc/nexios/production/keys/the-ring-of-the-shop", "no file"),
        ("ring-of-the-shop-in-production-2026.json", "no file"),
        ("two words that are long enough to be one", "no secret"),
        ('["a list of texts is not secret at all"]', "no secret"),
        ("{", "begins like JSON"),
        ({}, "cannot be read"),
        ({"keys": []}, "as a list"),
        ({"keys": {}}, "as a list"),
        ({"keys": [5]}, "not int"),
        ({"kty": "oct", "k": b64(b"x" * 47), "alg": "HS384"}, r"47 bytes.*RFC 7518 3.2"),
        ({"kty": "oct", "k": b64(b"x" * 32)}, "repeats"),
        ({"kty": "oct", "k": b64(os.urandom(32)), "alg": "HS512"}, r"RFC 7518 3.2"),
        (public_pem(rsa_key()).replace("PUBLIC", "PRIVATE"), "PEM text cannot be read"),
        ({"kty": "oct", "k": b64(os.urandom(32)), "nexios_stage": "later"}, "next, signs or verifies"),
        ({**jwk(rsa_key()), "nexios_stage": "signs"}, "a public key signs nothing"),
        ({"keys": [{"kty": "oct", "k": b64(os.urandom(32)), "kid": "a"}] * 2}, "one kid"),
        (
            {
                "keys": [
                    {"kty": "oct", "k": b64(os.urandom(32)), "kid": k, "nexios_stage": "signs"} for k in "ab"
                ]
            },
            "leave one",
        ),
        (jwk(rsa_key(), alg="ES256"), "does not fit"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_ring_is_an_error_that_says_the_mend(material: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        KeyRing.load(material)
    shown = str(caught.value)
    if isinstance(material, str) and len(material) > 3:
        assert material not in shown


def test_a_short_rsa_key_is_refused_with_the_number_of_the_rfc() -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(ConfigError, match=r"1024 bits where 2048 are needed \(RFC 7518 3.3\)"):
        KeyRing.load(private_pem(short))


def test_a_key_for_another_kind_of_algorithm_is_refused() -> None:
    with pytest.raises(ConfigError, match="does not fit 'HS256'"):
        KeyRing.load(private_pem(rsa_key()), algorithm="HS256")


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "empty").write_text("")
    (tmp_path / "huge").write_bytes(b"x" * (5 * 1024 * 1024))
    unreadable = {"none": "No such file", "": "Is a directory"}
    unreadable |= {"bytes": "not text", "empty": "empty", "huge": "more than"}
    for name, says in unreadable.items():
        with pytest.raises(ConfigError, match=says):
            KeyRing.load(tmp_path / name)
    with pytest.raises(ConfigError, match="cannot be written"):
        KeyRing.generate("HS256").save(tmp_path / "no folder" / "ring.json")
    with pytest.raises(ConfigError, match="NEXIOS_KEY_RING is not set"):
        KeyRing.from_env(environ={})
    # The settings leave the variable alone.
    assert MakeConfig.from_env({"NEXIOS_KEY_RING": "ring.json"}).jwt_key is None


def test_a_file_that_others_may_read_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "ring.json"
    KeyRing.generate().save(path)
    KeyRing.load(path)
    assert caplog.text == ""
    path.chmod(0o640)
    KeyRing.load(path)
    assert "can be read by others than its owner: chmod 600 it" in caplog.text
    caplog.clear()
    path.write_text(json.dumps(KeyRing.load(path).public_jwks()))
    caplog.clear()
    KeyRing.load(path)
    assert caplog.text == "", "public keys are for everybody"


def test_a_changed_file_is_followed_and_looked_at_once_a_second(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ring = tmp_path / "ring.json", KeyRing.generate("HS256")
    ring.save(path)
    followed = KeyRing.follow(path, clock=clock)
    before = followed.generation
    ring.rotate()
    ring.save(path)
    assert followed.generation == before
    clock.turn(seconds=1)
    assert followed.generation == before + 1
    assert same(followed, ring)
    looked = []
    monkeypatch.setattr("nexios.tokens.ring.stamp_of", lambda path: looked.append(path))
    for _ in range(1500):
        clock.turn(milliseconds=1)
        assert followed.keys
    assert len(looked) == 1


def test_a_broken_file_changes_nothing_and_is_logged_once(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path, ring = tmp_path / "ring.json", KeyRing.generate("HS256")
    ring.save(path)
    followed = KeyRing.follow(path, clock=clock)
    before, secret = followed.generation, ring.keys[0].secret_jwk()["k"]
    for broken in ('{"keys": [', "<html>", json.dumps({"keys": [{"kty": "oct", "k": secret[:20]}]})):
        path.write_text(broken)
        for _ in range(3):
            clock.turn(seconds=2)
            assert followed.generation == before
        assert same(followed, ring)
        assert caplog.text.count("left as it was") == 1
        assert secret[:12] not in caplog.text
        caplog.clear()
    path.unlink()
    clock.turn(seconds=2)
    assert same(followed, ring)
    ring.rotate()
    ring.save(path)
    clock.turn(seconds=2)
    assert same(followed, ring)


@pytest.mark.parametrize("seconds", [5 * 60 * 60, 0.5])
def test_a_clock_that_was_set_back_does_not_stop_it(seconds: float, tmp_path: Path, clock: Clock) -> None:
    path, ring = tmp_path / "ring.json", KeyRing.generate("HS256")
    ring.save(path)
    followed = KeyRing.follow(path, clock=clock)
    ring.rotate()
    ring.save(path)
    clock.turn(seconds=-seconds)
    assert same(followed, ring)


def test_a_ring_that_follows_a_file_is_changed_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    KeyRing.generate("HS256").save(path)
    followed = KeyRing.follow(path)
    for change in (followed.rotate, followed.prepare, lambda: followed.retire("x")):
        with pytest.raises(ConfigError, match="change the file"):
            change()
    with pytest.raises(ConfigError, match="No such file"):
        KeyRing.follow(tmp_path / "none")


def test_a_link_stays_one_and_the_file_behind_it_its_owners(tmp_path: Path) -> None:
    path, link = tmp_path / "ring.json", tmp_path / "link"
    KeyRing.generate("HS256").save(path)
    link.symlink_to(path)
    if os.geteuid() == 0:
        os.chown(path, 4711, 4712)
    ring = KeyRing.load(link)
    ring.rotate()
    ring.save(link)
    assert link.is_symlink()
    assert same(KeyRing.load(path), ring)
    seen = path.stat()
    assert (seen.st_uid, seen.st_gid) == ((4711, 4712) if os.geteuid() == 0 else (os.geteuid(), os.getegid()))
    assert stat.S_IMODE(seen.st_mode) == 0o600


def test_a_ring_that_could_not_be_written_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ring = tmp_path / "ring.json", KeyRing.generate("HS256")
    ring.save(path)
    before = path.read_text()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ring.rotate()
    with pytest.raises(ConfigError, match="No space left on device"):
        ring.save(path)
    assert path.read_text() == before
    assert [each.name for each in tmp_path.iterdir()] == ["ring.json"]
