"""`nexios token create`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from joserfc.jwk import OKPKey

from tests.cli.conftest import Nexios, Write
from tests.cli.reading import SECRET, SHOP, assert_one_line, said

NOW = 1_800_000_000


def read(token: str, **options: Any) -> dict[str, Any]:
    """The claims as an independent library verifies them."""
    claims: dict[str, Any] = jwt.decode(
        token.strip(), SECRET, algorithms=["HS256"], options={"verify_aud": False}, **options
    )
    return claims


def test_the_token_stands_alone_on_standard_output(nexios: Nexios) -> None:
    result = nexios("token", "create", "--claim", "id=7", NEXIOS_SECRET_KEY=SECRET)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    assert read(result.stdout)["id"] == 7


@pytest.mark.parametrize(
    ("argument", "claims"),
    [
        ("id=7", {"id": 7}),
        ("id=007", {"id": "007"}),
        ('id="7"', {"id": "7"}),
        ("id=12345678901234567890123", {"id": 12345678901234567890123}),
        ("admin=true", {"admin": True}),
        ("name=Ada Löve", {"name": "Ada Löve"}),
        ("name=", {"name": ""}),
        ("equation=a=b", {"equation": "a=b"}),
        ('roles=["a", "b"]', {"roles": ["a", "b"]}),
        ("rate=NaN", {"rate": "NaN"}),
        ("sub=7", {"sub": "7"}),
        ("sub=true", {"sub": "true"}),
        ('sub="7"', {"sub": "7"}),
        ("jti=1", {"jti": "1"}),
        ("iss=5", {"iss": "5"}),
        ("nested=" + "[" * 5000, {"nested": "[" * 5000}),
    ],
)
def test_a_claim_is_json_where_it_can_be_and_text_otherwise(
    nexios: Nexios, argument: str, claims: dict[str, Any]
) -> None:
    result = nexios("token", "create", "--claim", argument, NEXIOS_SECRET_KEY=SECRET)
    found = read(result.stdout)
    del found["exp"]
    assert found == claims


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        ([], "Missing option '--claim'"),
        (["--claim", "id"], "is not of the form name=value"),
        (["--claim", "=7"], "is not of the form name=value"),
        (["--claim", "id=7", "--claim", "id=8"], "id is given twice"),
        (["--claim", "id=7", "--expires-in", "0"], "expires_in must be a second or more"),
        (["--claim", "id=7", "--expires-in", "-5"], "expires_in must be a second or more"),
        (["--claim", "id=7", "--expires-in", "nan"], "expires_in must be a second or more"),
        (["--claim", "id=7", "--expires-in", "1e300"], "before the year 9999"),
        (["--claim", "id=7", "--expires-in", "soon"], "--expires-in"),
        (["--claim", "exp=1", "--expires-in", "5"], "leave --expires-in or the claim out"),
        (["--claim", "exp=soon"], "exp is a number of seconds"),
        (["--claim", "sub=7", "--app", "shop:app", "--secret-stdin"], "leave --secret-stdin or --app out"),
        (["--claim", "text=" + "x" * 20_000], "claim less"),
        (["--claim", "id=7", "--secret", SECRET], "No such option"),
    ],
)
def test_a_usage_error_says_the_mend_and_makes_nothing(
    nexios: Nexios, arguments: list[str], mend: str
) -> None:
    result = nexios("token", "create", *arguments, NEXIOS_SECRET_KEY=SECRET)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert mend in said(result)


@pytest.mark.parametrize(
    ("arguments", "lifetime"),
    [
        ([], timedelta(minutes=30)),
        (["--expires-in", "5"], timedelta(minutes=5)),
        (["--expires-in", "0.5"], timedelta(seconds=30)),
        (["--claim", f"exp={NOW + 7}"], timedelta(seconds=7)),
    ],
    ids=["default", "minutes", "half", "claim"],
)
def test_a_token_always_expires(nexios: Nexios, arguments: list[str], lifetime: timedelta) -> None:
    with time_machine.travel(NOW, tick=False):
        result = nexios("token", "create", "--claim", "id=7", *arguments, NEXIOS_SECRET_KEY=SECRET)
        assert read(result.stdout)["exp"] == NOW + lifetime.total_seconds()


def test_the_secret_is_that_of_the_application(nexios: Nexios, write: Write) -> None:
    write("shop.py", SHOP)
    result = nexios("token", "create", "--claim", "id=7", "--app", "shop:app", NEXIOS_SECRET_KEY=SECRET[::-1])
    assert result.exit_code == 0
    assert result.stderr == ""
    assert read(result.stdout)["id"] == 7


def test_issuer_and_audience_of_the_settings_are_named(nexios: Nexios) -> None:
    result = nexios(
        *("token", "create", "--claim", "id=7"),
        NEXIOS_SECRET_KEY=SECRET,
        NEXIOS_JWT_ISSUER="https://api.example",
        NEXIOS_JWT_AUDIENCE="api",
    )
    assert read(result.stdout).items() >= {"iss": "https://api.example", "aud": "api"}.items()


def test_the_secret_may_come_by_standard_input(nexios: Nexios) -> None:
    result = nexios("token", "create", "--claim", "id=7", "--secret-stdin", stdin=SECRET + "\n")
    assert result.exit_code == 0
    assert read(result.stdout)["id"] == 7


def test_a_private_key_may_come_by_standard_input(nexios: Nexios) -> None:
    key = OKPKey.generate_key("Ed25519")
    result = nexios(
        *("token", "create", "--claim", "id=7", "--secret-stdin", "--algorithm", "EdDSA"),
        stdin=key.as_pem(private=True).decode(),
    )
    public = key.as_pem(private=False).decode()
    assert jwt.decode(result.stdout.strip(), public, algorithms=["EdDSA"])["id"] == 7


@pytest.mark.parametrize(
    ("arguments", "stdin", "env", "mend"),
    [
        ([], "", {}, "set NEXIOS_SECRET_KEY, name the application by --app, or use --secret-stdin"),
        (["--secret-stdin"], "\n", {}, "no secret came on standard input"),
        (["--secret-stdin"], '{"kty": "hunter2"}', {}, "the JWK cannot be read"),
        (["--algorithm", "none"], "", {"NEXIOS_SECRET_KEY": SECRET}, "not an algorithm that is accepted"),
        (["--algorithm", "ES256"], "", {"NEXIOS_SECRET_KEY": SECRET}, "no key to sign ES256 tokens with"),
        ([], "", {"NEXIOS_SECRET_KEYS": SECRET}, "did you mean 'NEXIOS_SECRET_KEY'?"),
        ([], "", {"NEXIOS_SECRET_KEY": "hunter2", "NEXIOS_ENVIRONMENT": "production"}, "`nexios secret`"),
        (["--app", "nowhere:app"], "", {}, "there is no module 'nowhere'"),
    ],
    ids=["no-secret", "empty", "no-key", "none", "no-such-key", "typo", "weak-in-production", "no-app"],
)
def test_without_a_good_secret_there_is_an_error_and_no_token(
    nexios: Nexios, write: Write, arguments: list[str], stdin: str, env: dict[str, str], mend: str
) -> None:
    result = nexios("token", "create", "--claim", "id=7", *arguments, stdin=stdin, **env)
    assert_one_line(result)
    assert mend in result.stderr
    assert "hunter2" not in result.output
    assert SECRET not in result.output


def test_standard_input_that_is_no_text_is_an_error(nexios: Nexios) -> None:
    result = nexios("token", "create", "--claim", "id=7", "--secret-stdin", stdin=b"\xff\xfe\x00")
    assert_one_line(result)
    assert "what came on standard input is not text" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--claim", "sub=7"], "the claim id names no identity"),
        (["--claim", "id=7", "--algorithm", "HS512"], "signed with 'HS512', allowed: HS256"),
        (["--claim", "id=7", "--claim", "exp=1"], "expired"),
        (["--claim", "id=7", "--claim", "aud=somebody"], "aud names an audience, and none is set"),
    ],
    ids=["identity", "algorithm", "expired", "audience"],
)
def test_a_token_that_the_application_will_refuse_is_made_and_that_is_said(
    nexios: Nexios, write: Write, arguments: list[str], reason: str
) -> None:
    write("shop.py", SHOP)
    result = nexios("token", "create", "--app", "shop:app", *arguments)
    assert result.exit_code == 0
    assert result.stdout.count(".") == 2
    assert result.stderr.startswith("Note: it would be refused: ")
    assert reason in result.stderr


def test_the_claims_of_a_token_are_what_inspect_shows(nexios: Nexios) -> None:
    token = nexios("token", "create", "--claim", "id=7", NEXIOS_SECRET_KEY=SECRET).stdout
    shown = nexios("token", "inspect", stdin=token, NEXIOS_SECRET_KEY=SECRET)
    assert shown.exit_code == 0
    for name, value in read(token).items():
        assert f"  {name}" in shown.stdout
        assert json.dumps(value) in shown.stdout
