"""`nexios secret`."""

from __future__ import annotations

import pytest

from nexios import MakeConfig
from tests.cli.conftest import Nexios
from tests.cli.reading import said


def test_a_secret_stands_alone_on_standard_output_so_that_it_can_be_piped(nexios: Nexios) -> None:
    result = nexios("secret")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.strip() + "\n" == result.stdout


def test_each_secret_is_another(nexios: Nexios) -> None:
    assert len({nexios("secret").stdout for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("arguments", "algorithm"),
    [
        ((), "HS256"),
        (("--bytes", "48"), "HS384"),
        (("--bytes", "64"), "HS512"),
    ],
    ids=["HS256", "HS384", "HS512"],
)
def test_a_secret_is_strong_enough_for_production(
    nexios: Nexios, arguments: tuple[str, ...], algorithm: str
) -> None:
    secret = nexios("secret", *arguments).stdout.strip()
    config = MakeConfig(secret_key=secret, jwt_algorithms=[algorithm], environment="production")
    assert config.weaknesses() == []


@pytest.mark.parametrize("size", ["31", "0", "-1", "1025", "many"])
def test_a_size_that_is_too_small_or_no_number_is_a_usage_error(nexios: Nexios, size: str) -> None:
    result = nexios("secret", "--bytes", size)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--bytes" in said(result)


def test_the_mend_for_a_weak_secret_makes_one_that_is_strong_enough(nexios: Nexios) -> None:
    weak = MakeConfig(secret_key=nexios("secret").stdout.strip(), jwt_algorithms=["HS512"])
    (weakness,) = weak.weaknesses()
    command = weakness.split("`")[1].split()
    made = nexios(*command[1:]).stdout.strip()
    assert MakeConfig(secret_key=made, jwt_algorithms=["HS512"]).weaknesses() == []
