"""`nexios tokens keys`."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from nexios.tokens import KeyRing
from tests.cli.conftest import Nexios
from tests.cli.reading import assert_one_line, said


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    path = tmp_path / "ring.json"
    KeyRing.generate().save(path)
    return path


def listed(nexios: Nexios, path: Path) -> list[tuple[str, str]]:
    found = json.loads(nexios("tokens", "keys", "list", "--file", str(path), "--json").stdout)
    return [(key["stage"], key["kid"]) for key in found]


def test_a_ring_is_made_that_its_owner_alone_may_read(nexios: Nexios, tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    result = nexios("tokens", "keys", "generate", "--file", str(path))
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [key.algorithm for key in KeyRing.load(path).keys] == ["EdDSA", "EdDSA"]
    assert "holds secrets" in said(result)
    for key in KeyRing.load(path).keys:
        assert key.kid in result.stdout
        assert key.secret_jwk()["d"] not in result.output


def test_a_ring_is_of_the_algorithm_that_is_named(nexios: Nexios, tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    assert nexios("tokens", "keys", "generate", "--file", str(path), "--algorithm", "HS512").exit_code == 0
    assert KeyRing.load(path).signing_key.algorithm == "HS512"
    result = nexios("tokens", "keys", "generate", "--file", str(tmp_path / "b"), "--algorithm", "none")
    assert_one_line(result)
    assert "signs no token" in result.stderr


def test_a_ring_that_is_there_is_not_written_over(nexios: Nexios, ring: Path) -> None:
    before = ring.read_text()
    result = nexios("tokens", "keys", "generate", "--file", str(ring))
    assert_one_line(result)
    assert "is there already" in result.stderr
    assert ring.read_text() == before


def test_a_rotation_says_which_key_is_retired_later(nexios: Nexios, ring: Path) -> None:
    (_, old), (_, following) = listed(nexios, ring)
    result = nexios("tokens", "keys", "rotate", "--file", str(ring))
    assert result.exit_code == 0, result.output
    assert listed(nexios, ring)[0] == ("signs", following)
    assert listed(nexios, ring)[2] == ("verifies", old)
    assert f"nexios tokens keys retire {old} --file {ring}" in said(result)
    result = nexios("tokens", "keys", "retire", old, "--file", str(ring))
    assert result.exit_code == 0, result.output
    assert old not in [kid for _, kid in listed(nexios, ring)]


def test_the_key_that_signs_is_not_retired(nexios: Nexios, ring: Path) -> None:
    before = ring.read_text()
    for kid in (listed(nexios, ring)[0][1], "none"):
        assert_one_line(nexios("tokens", "keys", "retire", kid, "--file", str(ring)))
    assert ring.read_text() == before


def test_a_ring_is_listed_for_people_without_a_secret(nexios: Nexios, ring: Path) -> None:
    shown = nexios("tokens", "keys", "list", "--file", str(ring))
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["stage", "algorithm", "made", "kid"]
    assert lines[2].startswith("signs ")
    assert lines[3].startswith("signs next ")
    for key in KeyRing.load(ring).keys:
        assert key.secret_jwk()["d"] not in shown.output


def test_a_secret_of_which_nobody_knows_when_it_was_made_is_listed(nexios: Nexios, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("0b7f4c1e9d2a8365f1c07e5b94da3826c7f0e1b85a3d9246\n")
    path.chmod(0o600)
    assert "nobody knows" in nexios("tokens", "keys", "list", "--file", str(path)).stdout
    jwk = {"kty": "oct", "k": "MGI3ZjRjMWU5ZDJhODM2NWYxYzA3ZTViOTRkYTM4MjY", "iat": 10**30, "kid": "\x1b[31m"}
    path.write_text(json.dumps(jwk))
    shown = nexios("tokens", "keys", "list", "--file", str(path)).stdout
    assert "no date" in shown
    assert "\x1b" not in shown


def test_what_is_public_is_a_jwks(nexios: Nexios, ring: Path) -> None:
    shown = nexios("tokens", "keys", "public", "--file", str(ring))
    assert json.loads(shown.stdout) == KeyRing.load(ring).public_jwks()


def test_a_file_that_others_may_read_is_noted(nexios: Nexios, ring: Path) -> None:
    ring.chmod(0o644)
    result = nexios("tokens", "keys", "list", "--file", str(ring))
    assert "Note:" in result.stderr
    assert "chmod 600" in said(result)
    nexios("tokens", "keys", "rotate", "--file", str(ring))
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", ["list", "rotate", "public"])
def test_a_file_that_is_no_ring_is_one_line(nexios: Nexios, tmp_path: Path, command: str) -> None:
    path = tmp_path / "ring.json"
    assert_one_line(nexios("tokens", "keys", command, "--file", str(path)))
    path.write_text("<html>")
    path.chmod(0o600)
    assert_one_line(nexios("tokens", "keys", command, "--file", str(path)))
    assert path.read_text() == "<html>"
