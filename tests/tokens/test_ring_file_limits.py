"""What is read as the file of a ring, and who else may read it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from nexios.exceptions import ConfigError
from nexios.tokens import KeyRing
from tests.attacks.keys import ec_key, private_pem, public_pem
from tests.parts import SECRET

LARGEST = 4 * 1024 * 1024


def ring_text(algorithm: str, *, public: bool = False) -> str:
    ring = KeyRing.generate(algorithm)
    return json.dumps(ring.public_jwks() if public else {"keys": [key.secret_jwk() for key in ring.keys]})


def test_a_file_is_read_up_to_its_last_byte(tmp_path: Path) -> None:
    path, text = tmp_path / "ring.json", ring_text("HS256")
    path.write_text(text + " " * (LARGEST - len(text)))
    path.chmod(0o600)
    assert len(KeyRing.load(path).keys) == 2
    path.write_text(text + " " * (LARGEST + 1 - len(text)))
    with pytest.raises(ConfigError, match=f"more than {LARGEST} bytes"):
        KeyRing.load(path)


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o600, 0o700, 0o400], ids=oct)
def test_any_bit_for_others_is_warned_of_and_none_for_the_owner(
    mode: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ring.json"
    path.write_text(ring_text("HS256"))
    path.chmod(mode)
    KeyRing.load(path)
    assert ("chmod 600" in caplog.text) == bool(mode & 0o077)


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (ring_text("HS256"), True),
        (ring_text("EdDSA"), True),
        ("\n " + ring_text("ES256"), True),
        (private_pem(ec_key()), True),
        (SECRET, True),
        (ring_text("EdDSA", public=True), False),
        ("\n " + ring_text("EdDSA", public=True), False),
        (public_pem(ec_key()), False),
    ],
    ids=[
        "secrets",
        "private",
        "private after blanks",
        "pem",
        "text",
        "public",
        "public after blanks",
        "pem of it",
    ],
)
def test_what_others_may_read_is_warned_of_where_it_is_secret(
    text: str, warned: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ring"
    path.write_text(text)
    path.chmod(0o644)
    KeyRing.load(path)
    assert ("chmod 600" in caplog.text) == warned


@pytest.mark.parametrize("letters", [300, 5000])
def test_a_secret_may_be_longer_than_the_name_of_a_file(letters: int) -> None:
    secret = secrets.token_hex(letters // 2)
    assert KeyRing.load(secret).signing_key.key.key.raw_value == secret.encode()


@pytest.mark.parametrize("text", ["0" * 20 + "\0" + "1" * 20, "\ud800" * 40], ids=["NUL", "half letters"])
def test_text_that_names_nothing_and_is_no_secret_is_an_error_that_says_so(text: str) -> None:
    with pytest.raises(ConfigError, match="no secret"):
        KeyRing.load(text)
