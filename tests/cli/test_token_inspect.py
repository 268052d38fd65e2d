"""`nexios token inspect`."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
import time_machine

from nexios.tokens import KeyRing
from tests.cli.conftest import Nexios, Write
from tests.cli.reading import SECRET, SHOP, assert_one_line

NOW = 1_800_000_000  # 2027-01-15 08:00:00 UTC


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256", **header: Any) -> str:
    return jwt.encode(claims, secret, algorithm=algorithm, headers=header)


def unsigned(header: Any, claims: Any) -> str:
    """A token whose signature is anyone's."""

    def part(value: Any) -> str:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return f"{part(header)}.{part(claims)}.c2ln"


GOOD = signed({"id": 7, "exp": NOW + 1800})


@pytest.fixture(autouse=True)
def _at_noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def test_header_and_claims_are_shown_and_the_signature_never(nexios: Nexios) -> None:
    result = nexios("token", "inspect", GOOD, NEXIOS_SECRET_KEY=SECRET)
    assert [line.split() for line in result.stdout.splitlines()[:8]] == [
        ["Header"],
        ["alg", '"HS256"'],
        ["typ", '"JWT"'],
        [],
        ["Claims"],
        ["id", "7"],
        ["exp", str(NOW + 1800), "2027-01-15", "08:30:00", "UTC,", "in", "30", "minutes"],
        [],
    ]
    assert GOOD.rpartition(".")[2] not in result.output
    assert SECRET not in result.output


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        ([GOOD], ""),
        ([f"Bearer {GOOD}"], ""),
        (["-"], f"{GOOD}\n"),
        ([], f"  {GOOD}\n"),
        ([], f"Bearer {GOOD}\n"),
    ],
    ids=["argument", "with-its-scheme", "dash", "nothing", "scheme-on-stdin"],
)
def test_the_token_is_an_argument_or_comes_by_standard_input(
    nexios: Nexios, arguments: list[str], stdin: str
) -> None:
    result = nexios("token", "inspect", *arguments, stdin=stdin, NEXIOS_SECRET_KEY=SECRET)
    assert result.exit_code == 0
    assert "It would be taken" in result.stdout


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (NOW, "2027-01-15 08:00:00 UTC, now"),
        (NOW - 1, "now"),
        (NOW - 2, "2 seconds ago"),
        (NOW + 119, "in 119 seconds"),
        (NOW + 120, "in 2 minutes"),
        (NOW - 5400, "90 minutes ago"),
        (NOW + 7200, "in 2 hours"),
        (NOW + 86_400 * 2, "in 2 days"),
        (0, "1970-01-01 00:00:00 UTC, 20833 days ago"),
        (1.5, "1970-01-01 00:00:01 UTC"),
        (1e300, "no date"),
        (-(10**20), "no date"),
    ],
)
def test_a_time_stands_also_as_a_date(nexios: Nexios, seconds: float, words: str) -> None:
    output = nexios("token", "inspect", signed({"nbf": seconds, "id": 7})).stdout
    (line,) = (line for line in output.splitlines() if line.strip().startswith("nbf"))
    assert words in line


@pytest.mark.parametrize("value", ["soon", True, None, [1]])
def test_a_time_that_is_none_stands_as_it_is(nexios: Nexios, value: Any) -> None:
    output = nexios("token", "inspect", unsigned({"alg": "HS256"}, {"exp": value})).stdout
    (line,) = (line for line in output.splitlines() if line.strip().startswith("exp"))
    assert line.split() == ["exp", json.dumps(value)]


REFUSED = {
    "expired": (signed({"id": 7, "exp": NOW - 1}), "expired"),
    "too-early": (signed({"id": 7, "nbf": NOW + 1}), "not valid yet"),
    "another-secret": (signed({"id": 7}, SECRET[::-1]), "the signature is not one of ours"),
    "tampered": (unsigned({"alg": "HS256"}, {"id": 7}), "the signature is not one of ours"),
    "none": (unsigned({"alg": "none"}, {"id": 7}), "signed with 'none', allowed: HS256"),
    "algorithm": (signed({"id": 7}, SECRET * 2, "HS512"), "signed with 'HS512', allowed: HS256"),
    "kind": (signed({"id": 7}, typ="logout+jwt"), "typ is of another kind of token"),
    "jwk": (signed({"id": 7}, jwk={"kty": "oct"}), "the header has jwk"),
    "audience": (signed({"id": 7, "aud": "somebody"}), "aud names an audience, and none is set"),
}


@pytest.mark.parametrize("source", ["environment", "application"])
@pytest.mark.parametrize(("token", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_token_that_would_be_refused_is_shown_with_the_reason_and_exits_1(
    nexios: Nexios, write: Write, source: str, token: str, reason: str
) -> None:
    write("shop.py", SHOP)
    if source == "environment":
        result = nexios("token", "inspect", token, NEXIOS_SECRET_KEY=SECRET)
    else:
        result = nexios("token", "inspect", token, "--app", "shop:app")
    assert result.exit_code == 1
    assert "  id" in result.stdout
    assert f"It would be refused: {reason}" in result.stdout
    assert result.stderr == ""


def test_the_application_says_whom_it_finds(nexios: Nexios, write: Write) -> None:
    write("shop.py", SHOP)
    result = nexios("token", "inspect", GOOD, "--app", "shop:app")
    assert result.exit_code == 0
    assert (
        "It would be taken: the signature is good and the claims hold; its identity is '7'" in result.stdout
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("JWTAuthBackend()", 'JWTAuthBackend(identifier="sub")'), "the claim sub names no identity"),
        (("[JWTAuthBackend(), ", "["), "the application has no JWTAuthBackend"),
        (
            ("[JWTAuthBackend()", "[type('Strict', (JWTAuthBackend,), {'authenticate': refuse})()"),
            "the application's JWTAuthBackend refuses it",
        ),
    ],
    ids=["identifier", "no-backend", "own-backend"],
)
def test_the_rules_of_the_application_itself_count(
    nexios: Nexios, write: Write, change: tuple[str, str], reason: str
) -> None:
    write("shop.py", "async def refuse(self, request, response): return None", SHOP.replace(*change))
    result = nexios("token", "inspect", GOOD, "--app", "shop:app")
    assert result.exit_code == 1
    assert f"It would be refused: {reason}" in result.stdout


def test_one_of_several_backends_is_enough(nexios: Nexios, write: Write) -> None:
    several = '[JWTAuthBackend(identifier="sub"), JWTAuthBackend(), '
    write("shop.py", SHOP.replace("[JWTAuthBackend(), ", several))
    assert nexios("token", "inspect", GOOD, "--app", "shop:app").exit_code == 0


def test_a_backend_that_raises_is_said_in_a_line_without_its_text(nexios: Nexios, write: Write) -> None:
    raising = "async def fail(self, request, response): raise OSError('hunter2')"
    broken = "[type('Broken', (JWTAuthBackend,), {'authenticate': fail})()"
    write("shop.py", raising, SHOP.replace("[JWTAuthBackend()", broken))
    result = nexios("token", "inspect", GOOD, "--app", "shop:app")
    assert result.exit_code == 1
    assert "the application cannot check tokens: OSError (shop.py, line 1)" in result.stderr
    assert "hunter2" not in result.output


def test_where_middleware_hides_the_backends_the_settings_count(nexios: Nexios, write: Write) -> None:
    hiding = "app.add_middleware(lambda inner: lambda scope, receive, send: inner(scope, receive, send))\n"
    write("shop.py", SHOP.replace("app.add_middleware(S", hiding + "app.add_middleware(S", 1))
    assert nexios("token", "inspect", GOOD, "--app", "shop:app").exit_code == 0
    assert nexios("token", "inspect", signed({"id": 7}, SECRET[::-1]), "--app", "shop:app").exit_code == 1


@pytest.mark.parametrize(
    ("env", "reason"),
    [
        ({}, "there is no key; set NEXIOS_SECRET_KEY, or name the application by --app"),
        (
            {"NEXIOS_SECRET_KEY": SECRET, "NEXIOS_JWT_ALGORITHMS": "ES256"},
            "there is no key to verify ES256 tokens with",
        ),
    ],
    ids=["no-key", "no-key-for-the-algorithm"],
)
def test_without_a_key_nobody_says_that_it_would_be_taken(
    nexios: Nexios, env: dict[str, str], reason: str
) -> None:
    result = nexios("token", "inspect", GOOD, **env)
    assert result.exit_code == 1
    assert "  id" in result.stdout
    assert f"Its signature was not checked: {reason}" in result.stdout


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "the header is no JSON object"),
        ("x", "not base64url"),
        ("hällo.x.y", "not base64url"),
        ("e30.x", "it has not the three parts"),
        ("e30", "it has not the three parts"),
        ("e30.e30.c2ln.c2ln.c2ln", "it has five parts: it is encrypted"),
        (unsigned({"alg": "HS256"}, [1]), "its second part is no JSON object"),
        (unsigned({"alg": "HS256"}, b"{"), "its second part is no JSON object"),
        (unsigned({"alg": "HS256"}, b'{"a":' * 2000), "its second part is no JSON object"),
        (unsigned([1], {"id": 7}), "the header is no JSON object"),
        ("e30.!!.c2ln", "its second part is no JSON object"),
        ("e30." + "A" * 20_000 + ".c2ln", "longer than 16384 letters"),
    ],
)
def test_what_is_no_token_is_an_error_in_a_line(nexios: Nexios, token: str, reason: str) -> None:
    result = nexios("token", "inspect", token, NEXIOS_SECRET_KEY=SECRET)
    assert_one_line(result)
    assert f"the token cannot be read: {reason}" in result.stderr


def test_letters_that_a_terminal_obeys_are_spelt_out(nexios: Nexios, write: Write) -> None:
    claims = {"id": "\x1b[31mred\x07\u202e\x9b", "\x1b[2J": "[bold]kept[/bold]", "text": "Löve 🔑"}
    write("shop.py", SHOP)
    result = nexios("token", "inspect", signed(claims), "--app", "shop:app")
    assert result.exit_code == 0
    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(result.output)
    assert "[bold]kept[/bold]" in result.output
    assert "Löve 🔑" in result.output


RING = """
from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, SimpleUser
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.tokens import KeyRing

app = NexiosApp()
backend = JWTAuthBackend("sub", tokens=KeyRing.load("ring.json"))
app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=backend))
"""


def test_a_token_of_a_key_ring_is_judged_by_the_ring(nexios: Nexios, write: Write, tmp_path: Path) -> None:
    ring = KeyRing.generate("HS256")
    ring.save(tmp_path / "ring.json")
    write("issuing.py", RING)
    good = nexios("token", "inspect", ring.sign({"sub": "7"}), "--app", "issuing:app")
    assert "its identity is '7'" in good.stdout
    assert good.exit_code == 0
    for token, why in (
        (KeyRing.generate("HS256").sign({"sub": "7"}), "the signature is not one of ours"),
        (ring.sign({"id": "7"}), "the claim sub names no identity"),
    ):
        bad = nexios("token", "inspect", token, "--app", "issuing:app")
        assert f"It would be refused: {why}" in bad.stdout
        assert bad.exit_code == 1
    assert nexios("check", "issuing:app").exit_code == 0
