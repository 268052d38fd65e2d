"""The guides name everything that is public: each setting, argument and name."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import fields
from typing import Any

import pytest

from nexios import MakeConfig
from nexios.apikeys import APIKeys, key_routes
from nexios.session import SessionMiddleware
from nexios.tokens import Tokens
from tests.docs.markdown import GUIDES, ROOT

PUBLIC = [
    "nexios",
    "nexios.apikeys",
    "nexios.auth",
    "nexios.auth.backends.apikey",
    "nexios.auth.backends.base",
    "nexios.auth.backends.jwt",
    "nexios.auth.backends.session",
    "nexios.audit",
    "nexios.events",
    "nexios.exceptions",
    "nexios.http",
    "nexios.integrations.fastapi",
    "nexios.integrations.starlette",
    "nexios.openapi",
    "nexios.ratelimit",
    "nexios.session",
    "nexios.telemetry",
    "nexios.testing",
]


def table(page: str, heading: str) -> dict[str, str]:
    """The names in the first column of the table whose header begins with `heading`, and their defaults."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    rows = text[text.index(f"| {heading}") :].partition("\n\n")[0].splitlines()[2:]
    found = {}
    for row in rows:
        names, default = row.split("|")[1:3]
        for name, value in zip(re.findall(r"`(\w+)`", names), default.split(", "), strict=True):
            found[name] = value.strip().strip("`")
    return found


def test_every_setting_stands_in_the_table_of_the_configuration() -> None:
    assert list(table("configuration.md", "Setting")) == [setting.name for setting in fields(MakeConfig)]


def test_every_argument_of_the_session_stands_in_its_table() -> None:
    arguments = set(inspect.signature(SessionMiddleware).parameters)
    assert set(table("sessions.md", "Argument")) == arguments - {"config", "clock"}


def test_every_argument_of_a_key_and_of_the_routes_for_keys_stands_in_its_table() -> None:
    given = set(inspect.signature(APIKeys.create).parameters)
    assert set(table("api-keys.md", "Argument")) == given - {"self"}
    options = set(inspect.signature(key_routes).parameters)
    assert set(table("api-keys.md", "Option")) == options - {"keys"}


def test_every_argument_of_the_tokens_stands_in_its_table() -> None:
    assert set(table("staying-logged-in.md", "Argument")) == set(inspect.signature(Tokens).parameters)


@pytest.mark.parametrize(
    ("shown", "defaults"),
    [
        (
            table("configuration.md", "Setting"),
            {setting.name: setting.default for setting in fields(MakeConfig)},
        ),
        (
            table("sessions.md", "Argument"),
            {
                name: parameter.default
                for name, parameter in inspect.signature(SessionMiddleware).parameters.items()
            },
        ),
    ],
    ids=["configuration", "session"],
)
def test_the_defaults_in_a_table_are_those_of_the_code(
    shown: dict[str, str], defaults: dict[str, Any]
) -> None:
    plain = {name: value for name, value in defaults.items() if isinstance(value, str | bool | None)}
    assert {name: shown[name].replace('"', "'") for name in plain if name in shown} == {
        name: repr(value) for name, value in plain.items() if name in shown
    }


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_stands_in_a_guide(module: str) -> None:
    guides = "\n".join(page.read_text("utf-8") for page in GUIDES)
    names = importlib.import_module(module).__all__
    assert [name for name in names if not re.search(rf"\b{name}\b", guides)] == []
