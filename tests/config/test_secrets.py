"""Weak secrets: warned of while developing, refused in production."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios import MakeConfig, NexiosApp
from nexios.exceptions import ConfigError
from tests.parts import OTHER_SECRET, SECRET

PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v\n-----END PRIVATE KEY-----\n"

WEAK = {
    "short": ("k8#fQz2!pW", "has 10 bytes where HS256 wants at least 32 (RFC 7518 3.2)"),
    "one byte short": ("q7Zt4Xv9Lm2Rk8Wp5Nc3Hd6Jf1Bs0Yg", "has 31 bytes where HS256 wants at least 32"),
    "from the page": ("your-secret-key", "is a placeholder from documentation"),
    "long placeholder": (
        "change-this-to-a-long-random-secret-string-before-production",
        "is a placeholder from documentation",
    ),
    "placeholder with digits": ("super_secret_key_1234567890_1234567890", "is a placeholder"),
    "one letter": ("z" * 64, "repeats a few letters"),
    "a few letters": ("zqvzqvzqvzqvzqvzqvzqvzqvzqvzqvzqvzqv", "repeats a few letters"),
    "digits": ("01010101010101010101010101010101", "repeats a few letters"),
}

STRONG = {
    "hex": secrets.token_hex(32),
    "base64url": secrets.token_urlsafe(32),
    "beyond ASCII": "Zwölf große Bäume über dem Weg! 7",
    "32 bytes": "q7Zt4Xv9Lm2Rk8Wp5Nc3Hd6Jf1Bs0YgA",
}


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_secret_is_warned_of(name: str, caplog: pytest.LogCaptureFixture) -> None:
    secret, weakness = WEAK[name]
    config = MakeConfig(secret_key=secret)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"secret_key {weakness}" in record.getMessage()
    assert "make one with `nexios secret`" in record.getMessage()
    assert "(refused with environment='production')" in record.getMessage()
    assert secret not in caplog.text
    assert [weakness in found for found in config.weaknesses()] == [True]


@pytest.mark.parametrize("environment", ["production", "Production", " PRODUCTION ", "prod"])
@pytest.mark.parametrize("name", WEAK)
def test_production_refuses_a_weak_secret(name: str, environment: str) -> None:
    secret, weakness = WEAK[name]
    with pytest.raises(ConfigError) as raised:
        MakeConfig(secret_key=secret, environment=environment)
    assert str(raised.value).startswith(f"refused in production: secret_key {weakness}")
    assert secret not in str(raised.value)


@pytest.mark.parametrize("secret", STRONG.values(), ids=STRONG)
def test_production_takes_a_strong_secret(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    config = MakeConfig(secret_key=secret, environment="production")
    assert config.production
    assert config.weaknesses() == []
    assert caplog.records == []


@pytest.mark.parametrize("environment", ["development", "test", "staging", "reproduction"])
def test_other_environments_are_not_production(environment: str) -> None:
    assert not MakeConfig(environment=environment).production


@pytest.mark.parametrize(("algorithm", "size"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_the_algorithm_says_how_long_a_secret_must_be(algorithm: str, size: int) -> None:
    letters = (SECRET + OTHER_SECRET)[:size]
    config = MakeConfig(secret_key=letters, jwt_algorithms=[algorithm], environment="production")
    assert config.weaknesses() == []
    with pytest.raises(ConfigError, match=rf"has {size - 1} bytes where {algorithm} wants at least {size}"):
        MakeConfig(secret_key=letters[:-1], jwt_algorithms=[algorithm], environment="production")


def test_the_strongest_of_several_algorithms_counts() -> None:
    (weakness,) = MakeConfig(secret_key=SECRET, jwt_algorithms=["HS256", "HS512"]).weaknesses()
    assert "HS512 wants at least 64" in weakness


def test_each_secret_of_a_list_is_checked_and_named_by_its_place() -> None:
    with pytest.raises(ConfigError) as raised:
        MakeConfig(secret_key=[SECRET, "your-secret-key", "k8#fQz2!pW"], environment="production")
    assert "secret_key[1] is a placeholder" in str(raised.value)
    assert "secret_key[2] has 10 bytes" in str(raised.value)
    assert "secret_key[0]" not in str(raised.value)


def test_production_needs_no_secret_where_none_is_used() -> None:
    assert NexiosApp(config=MakeConfig(environment="production")).config.secret_keys == ()


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7 ada@example",
    ],
    ids=["public key", "certificate", "SSH key"],
)
def test_what_everybody_may_know_is_no_secret(text: str) -> None:
    with pytest.raises(ConfigError, match=r"secret_key is a public key, with which anybody could sign"):
        MakeConfig(secret_key=text)


def test_pem_text_is_not_measured_as_a_secret() -> None:
    assert MakeConfig(secret_key=PEM, jwt_algorithms=["EdDSA"], environment="production").weaknesses() == []


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["development", "production"]))
def test_any_text_is_a_secret_or_refused_by_a_sentence_that_does_not_show_it(
    before: str, after: str, environment: str
) -> None:
    secret = f"{before}kQ8z{after}"
    try:
        config = MakeConfig(secret_key=secret, environment=environment)
        assert config.secret_keys == (secret,)
        said = repr(config)
    except ConfigError as error:
        said = str(error)
    assert "kQ8z" not in said


@given(st.binary(min_size=32, max_size=64))
def test_random_bytes_as_hex_are_never_weak(raw: bytes) -> None:
    secret = raw.hex()
    weak: Any = len(set(secret)) < 8
    assert bool(MakeConfig(secret_key=secret).weaknesses()) is weak
