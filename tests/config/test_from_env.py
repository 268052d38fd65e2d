"""`MakeConfig.from_env`: the settings in `NEXIOS_*` variables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios import MakeConfig
from nexios.exceptions import ConfigError
from tests.parts import OTHER_SECRET, SECRET

PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v,x\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("SECRET_KEY", SECRET, "secret_key", (SECRET,)),
        ("SECRET_KEY", f"{SECRET}, {OTHER_SECRET}", "secret_key", (SECRET, OTHER_SECRET)),
        ("SECRET_KEY", PEM, "secret_key", (PEM,)),
        ("ENVIRONMENT", "staging", "environment", "staging"),
        ("DEBUG", "true", "debug", True),
        ("DEBUG", "On", "debug", True),
        ("DEBUG", "0", "debug", False),
        ("DEBUG", "no", "debug", False),
        ("REQUIRE_AUTH", "YES", "require_auth", True),
        ("REALM", "my api", "realm", "my api"),
        ("JWT_ALGORITHMS", "RS256, ES256", "jwt_algorithms", ("RS256", "ES256")),
        ("JWT_KEY", PEM, "jwt_key", PEM),
        ("JWT_AUDIENCE", "a,b", "jwt_audience", ("a", "b")),
        ("JWT_ISSUER", "https://id.example", "jwt_issuer", ("https://id.example",)),
        ("JWT_LEEWAY", "30", "jwt_leeway", timedelta(seconds=30)),
        ("JWT_LEEWAY", "0.5", "jwt_leeway", timedelta(milliseconds=500)),
    ],
)
def test_each_setting_is_read_from_its_variable(variable: str, text: str, name: str, value: Any) -> None:
    assert getattr(MakeConfig.from_env({f"NEXIOS_{variable}": text}), name) == value


def test_the_processs_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXIOS_REALM", "from outside")
    monkeypatch.setenv("REALM", "not ours")
    assert MakeConfig.from_env().realm == "from outside"


def test_what_is_given_wins_over_the_environment() -> None:
    config = MakeConfig.from_env({"NEXIOS_REALM": "outside", "NEXIOS_DEBUG": "true"}, realm="given")
    assert (config.realm, config.debug) == ("given", True)


def test_nothing_set_is_all_defaults() -> None:
    assert MakeConfig.from_env({}) == MakeConfig()


@pytest.mark.parametrize("name", ["PATH", "SECRET_KEY", "NEXIOS", "NEXIOS_", "NEXIOS_PORT", "NEXIOS_EXTRA"])
def test_variables_that_name_no_setting_are_left_alone(name: str) -> None:
    assert MakeConfig.from_env({name: "x"}) == MakeConfig()


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("NEXIOS_SECRETKEY", "NEXIOS_SECRET_KEY"),
        ("NEXIOS_SECRET", "NEXIOS_SECRET_KEY"),
        ("NEXIOS_ENV", "NEXIOS_ENVIRONMENT"),
        ("NEXIOS_ENVIROMENT", "NEXIOS_ENVIRONMENT"),
        ("NEXIOS_REQUIRE", "NEXIOS_REQUIRE_AUTH"),
        ("NEXIOS_REQUIRED_AUTH", "NEXIOS_REQUIRE_AUTH"),
        ("NEXIOS_JWT_ALGORITHM", "NEXIOS_JWT_ALGORITHMS"),
        ("NEXIOS_AUDIENCE", "NEXIOS_JWT_AUDIENCE"),
        ("NEXIOS_ISSUER", "NEXIOS_JWT_ISSUER"),
        ("NEXIOS_LEEWAY", "NEXIOS_JWT_LEEWAY"),
    ],
)
def test_a_near_miss_would_switch_a_setting_off_and_is_an_error(variable: str, nearest: str) -> None:
    with pytest.raises(ConfigError) as raised:
        MakeConfig.from_env({variable: SECRET})
    assert str(raised.value) == f"unknown setting '{variable}': did you mean '{nearest}'?"


@pytest.mark.parametrize(
    ("variable", "text", "mend"),
    [
        ("NEXIOS_DEBUG", "maybe", "NEXIOS_DEBUG must be true or false"),
        ("NEXIOS_DEBUG", "", "NEXIOS_DEBUG must be true or false"),
        ("NEXIOS_REQUIRE_AUTH", "2", "NEXIOS_REQUIRE_AUTH must be true or false"),
        ("NEXIOS_JWT_LEEWAY", "soon", "NEXIOS_JWT_LEEWAY must be a number of seconds"),
        ("NEXIOS_JWT_LEEWAY", "nan", "NEXIOS_JWT_LEEWAY must be a number of seconds"),
        ("NEXIOS_JWT_LEEWAY", "inf", "NEXIOS_JWT_LEEWAY must be a number of seconds"),
        ("NEXIOS_JWT_LEEWAY", "-5", "jwt_leeway must be a timedelta of zero or more"),
        ("NEXIOS_SECRET_KEY", "", "secret_key is empty"),
        ("NEXIOS_SECRET_KEY", f"{SECRET},", "secret_key is empty"),
        ("NEXIOS_SECRET_KEY", "\udcff" * 40, "secret_key is not valid text"),
        ("NEXIOS_JWT_ALGORITHMS", "", "'' is not an algorithm that is accepted"),
        ("NEXIOS_JWT_ALGORITHMS", "none", "'none' is not an algorithm that is accepted"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_with_the_mend(variable: str, text: str, mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        MakeConfig.from_env({variable: text})
    assert mend in str(raised.value)


VARIABLES = [
    *("SECRET_KEY", "ENVIRONMENT", "DEBUG", "REQUIRE_AUTH", "REALM"),
    *("JWT_ALGORITHMS", "JWT_KEY", "JWT_AUDIENCE", "JWT_ISSUER", "JWT_LEEWAY", "OTHER"),
]
TEXTS = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.sampled_from(["true", "off", "HS256", "HS256,RS256", "production", "1e400", "-0", "9" * 5000, SECRET]),
)


@given(st.dictionaries(st.sampled_from(VARIABLES).map("NEXIOS_".__add__), TEXTS))
def test_any_environment_is_read_or_refused_by_a_config_error(environ: dict[str, str]) -> None:
    try:
        config = MakeConfig.from_env(environ)
    except ConfigError:
        return
    for name, text in environ.items():
        value = getattr(config, name.removeprefix("NEXIOS_").lower(), None)
        if isinstance(value, str):
            assert value == text


@given(
    st.lists(
        st.text(
            st.characters(codec="ascii", exclude_categories=["C", "Z"], exclude_characters=","), min_size=1
        ),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
    st.integers(0, 10_000),
)
def test_what_was_written_comes_back(names: list[str], flag: bool, seconds: int) -> None:
    config = MakeConfig.from_env(
        {
            "NEXIOS_JWT_AUDIENCE": ",".join(names),
            "NEXIOS_REQUIRE_AUTH": str(flag),
            "NEXIOS_JWT_LEEWAY": str(seconds),
        }
    )
    assert config.jwt_audience == tuple(names)
    assert config.require_auth is flag
    assert config.jwt_leeway == timedelta(seconds=seconds)
