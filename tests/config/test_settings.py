"""`MakeConfig`: typed, frozen, and silent about its secrets."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import timedelta
from typing import Any

import pytest

from nexios import MakeConfig
from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError
from tests.parts import OTHER_SECRET, SECRET


def test_without_settings_every_default_is_safe() -> None:
    config = MakeConfig()
    assert (config.secret_key, config.secret_keys) == (None, ())
    assert (config.environment, config.production) == ("development", False)
    assert (config.debug, config.require_auth, config.realm) == (False, False, "api")
    assert tuple(config.jwt_algorithms) == ("HS256",)
    assert (config.jwt_key, config.jwt_audience, config.jwt_issuer) == (None, None, None)
    assert config.jwt_leeway == timedelta(0)
    assert config.extra == {}


@pytest.mark.parametrize("name", ["secret_key", "jwt_algorithms", "jwt_audience", "jwt_issuer"])
def test_one_text_and_a_list_of_it_are_the_same(name: str) -> None:
    value = "HS512" if name == "jwt_algorithms" else SECRET + OTHER_SECRET
    one, several = MakeConfig(**{name: value}), MakeConfig(**{name: [value]})
    assert getattr(one, name) == getattr(several, name) == (value,)


def test_a_list_given_stays_as_it_was() -> None:
    algorithms = ["HS256"]
    config = MakeConfig(jwt_algorithms=algorithms)
    algorithms.append("none")
    assert tuple(config.jwt_algorithms) == ("HS256",)


def test_the_first_secret_signs_and_all_are_known() -> None:
    assert MakeConfig(secret_key=[SECRET, OTHER_SECRET]).secret_keys == (SECRET, OTHER_SECRET)


def test_the_applications_own_settings_stand_in_extra() -> None:
    own = {"page_size": 20}
    config = MakeConfig(extra=own)
    own["page_size"] = 0
    assert config.extra["page_size"] == 20
    with pytest.raises(TypeError):
        config.extra["page_size"] = 1  # type: ignore[index]


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(MakeConfig)])
def test_no_setting_changes_after_it_was_made(name: str) -> None:
    config = MakeConfig(secret_key=SECRET)
    before = getattr(config, name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, name, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(config, name)
    assert getattr(config, name) == before


def test_a_changed_copy_is_checked_like_the_first() -> None:
    config = MakeConfig(secret_key=SECRET)
    assert dataclasses.replace(config, debug=True).debug is True
    assert dataclasses.replace(config, debug=True).secret_keys == (SECRET,)
    with pytest.raises(ConfigError, match="debug must be bool"):
        dataclasses.replace(config, debug="yes")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("secretkey", "secret_key"),
        ("secret", "secret_key"),
        ("SECRET_KEY", "secret_key"),
        ("jwt_algorithm", "jwt_algorithms"),
        ("audience", "jwt_audience"),
        ("env", "environment"),
        ("requires_auth", "require_auth"),
        ("Debug", "debug"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ConfigError) as raised:
        MakeConfig(**{name: "hunter2"})
    assert str(raised.value) == f"unknown setting {name!r}: did you mean {nearest!r}?"


def test_a_name_like_no_setting_belongs_into_extra() -> None:
    with pytest.raises(ConfigError) as raised:
        MakeConfig(zoom=2)  # type: ignore[call-arg]
    assert str(raised.value) == (
        "unknown setting 'zoom': the application's own settings go into extra={'zoom': ...}"
    )


def test_settings_are_given_by_name() -> None:
    with pytest.raises(ConfigError, match="takes settings by name") as raised:
        MakeConfig(SECRET)  # type: ignore[misc]
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "mend"),
    [
        ({"secret_key": 5}, "secret_key must be text or a list of texts"),
        ({"secret_key": b"bytes"}, "secret_key must be text or a list of texts"),
        ({"secret_key": [SECRET, 5]}, "secret_key must be text or a list of texts"),
        ({"secret_key": {SECRET}}, "secret_key must be text or a list of texts"),
        ({"secret_key": []}, "secret_key is an empty list: leave it out, or name at least one"),
        ({"secret_key": ""}, "secret_key is empty: make one with `nexios secret`"),
        ({"secret_key": "   "}, "secret_key is empty: make one with `nexios secret`"),
        ({"secret_key": [SECRET, ""]}, "secret_key is empty"),
        ({"secret_key": SECRET + "\udcff"}, "secret_key is not valid text"),
        ({"environment": None}, "environment must be str, not NoneType"),
        ({"debug": 1}, "debug must be bool, not int"),
        ({"debug": "false"}, "debug must be bool, not str"),
        ({"require_auth": None}, "require_auth must be bool, not NoneType"),
        ({"realm": 7}, "realm must be str, not int"),
        ({"realm": "ä"}, "realm must be printable ASCII text: it stands in a response header"),
        ({"realm": "a\r\nb"}, "realm must be printable ASCII text"),
        ({"jwt_algorithms": []}, "jwt_algorithms is empty: name at least one"),
        ({"jwt_algorithms": None}, "jwt_algorithms must be text or a list of texts"),
        ({"jwt_algorithms": [256]}, "jwt_algorithms must be text or a list of texts"),
        ({"jwt_algorithms": ["none"]}, "'none' is not an algorithm that is accepted; choose from HS256"),
        ({"jwt_algorithms": ["None"]}, "'None' is not an algorithm that is accepted"),
        ({"jwt_algorithms": ["HS256", "none"]}, "'none' is not an algorithm that is accepted"),
        ({"jwt_algorithms": "hs256"}, "'hs256' is not an algorithm that is accepted; did you mean 'HS256'?"),
        ({"jwt_algorithms": "HS255"}, "did you mean 'HS256'?"),
        ({"jwt_key": 5}, "jwt_key must be PEM text, a JWK or a JWKS, not int"),
        ({"jwt_key": b"-----BEGIN"}, "jwt_key must be PEM text, a JWK or a JWKS, not bytes"),
        ({"jwt_audience": 5}, "jwt_audience must be text or a list of texts"),
        ({"jwt_audience": []}, "jwt_audience is an empty list"),
        ({"jwt_issuer": [None]}, "jwt_issuer must be text or a list of texts"),
        ({"jwt_leeway": 30}, "jwt_leeway must be a timedelta of zero or more"),
        ({"jwt_leeway": timedelta(seconds=-1)}, "jwt_leeway must be a timedelta of zero or more"),
        ({"extra": [("a", 1)]}, "extra must be a mapping"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, dict) else "",
)
def test_a_setting_of_another_kind_is_refused_with_the_mend(settings: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        MakeConfig(**settings)
    assert mend in str(raised.value)
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("algorithm", JWT_ALGORITHMS)
def test_every_algorithm_of_the_standard_may_be_set(algorithm: str) -> None:
    assert MakeConfig(jwt_algorithms=[algorithm]).jwt_algorithms == (algorithm,)


HIDDEN = {
    "secret_key": [SECRET, OTHER_SECRET],
    "jwt_key": {"kty": "oct", "k": SECRET},
    "extra": {"database": f"postgresql://user:{SECRET}@host/db"},
}


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format], ids=["repr", "str", "{}", "{!r}"])
def test_nothing_secret_is_shown(show: Any) -> None:
    shown = show(MakeConfig(**HIDDEN, realm="mine"))
    assert SECRET not in shown
    assert OTHER_SECRET not in shown
    assert "realm='mine'" in shown
    assert shown.count("<hidden>") == 3


def test_what_is_not_set_is_shown_as_such() -> None:
    assert "secret_key=None" in repr(MakeConfig())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match=r"is not pickled: read it again with MakeConfig\.from_env"):
        pickle.dumps(MakeConfig(secret_key=SECRET), protocol)


def test_a_copy_is_the_same_object() -> None:
    config = MakeConfig(secret_key=SECRET)
    assert copy.copy(config) is config
    assert copy.deepcopy({"config": config})["config"] is config


def test_equal_settings_are_equal() -> None:
    assert MakeConfig(secret_key=SECRET) == MakeConfig(secret_key=[SECRET])
    assert MakeConfig(secret_key=SECRET) != MakeConfig(secret_key=OTHER_SECRET)
