"""Every error that a programmer can cause says how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import Depends, FastAPI

from nexios import MakeConfig
from nexios.apikeys import APIKeys
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.exceptions import ConfigError
from nexios.integrations.fastapi import requires
from nexios.ratelimit import rate_limit
from nexios.stores import MemoryStore
from tests.exceptions.raising import UNKNOWN, Said, said_by, said_in, subclasses_of

PROGRAMMERS = {"ConfigError", "LoadError", "NexiosError", "SessionDataError", "UnknownKey"}

# What one is to do, where a clause begins: `use letters, digits and _`.
DO = (
    "add|call|change|choose|create|define|delete|drop|give|inherit|keep|leave|list|load|log in|make|move|name"
    "|open|pass|put|read|remove|rotate|route|run|say|see|send|set|store|try|update|use|write"
)
MENDS = re.compile(
    rf"""
      (?:^|[:;,.?(]\s|\b(?:and|or|then)\s)(?:{DO})\b     # an instruction
    | [\w{UNKNOWN}]\([^)\s] | \w\(\)                     # a call, as it should be written
    | \w=["'\[{{\w(]                                     # an argument
    | \be\.g\.\s                                         # an example
    | `[^`]+`                                            # code
    | \bnexios\ [a-z]+ | --[a-z]+ | pip\ install         # a command
    | \w:///?\w                                          # a URL
    | \bdid\ you\ mean\b                                 # what was meant
    | \bmust\b                                           # a rule
    """.replace("log in", r"log\ in"),
    re.VERBOSE,
)

PASSED_ON: dict[str, Callable[[], Any]] = {
    "apikeys/manager.py": lambda: APIKeys(MemoryStore(), prefix="!"),
    "auth/backends/apikey.py": lambda: APIKeyAuthBackend(prefix="!"),
    "auth/uncalled.py": lambda: FastAPI(dependencies=[Depends(requires)]).get("/")(lambda: None),
    "config.py": lambda: MakeConfig(environment="production", secret_key="your-secret-key"),
    "quotas.py": lambda: rate_limit("often"),
}
"""Where the text comes from elsewhere: what brings it about."""

# What is published by others is passed over; these texts stand in the log alone.
FOR_THE_LOG = "tokens/jwks.py"

SAID = [said for said in said_by(PROGRAMMERS) if not said.where.startswith(FOR_THE_LOG)]


def is_passed_on(said: Said) -> bool:
    return said.text.endswith(UNKNOWN) and not MENDS.search(said.text)


@pytest.mark.parametrize(
    "said", [said for said in SAID if not is_passed_on(said)], ids=lambda said: said.where
)
def test_the_source_says_how_to_mend_it(said: Said) -> None:
    assert MENDS.search(said.text), f"{said.error}: {said.text}"


def test_a_text_from_elsewhere_is_known() -> None:
    assert sorted(said.where.partition(":")[0] for said in SAID if is_passed_on(said)) == sorted(PASSED_ON)


@pytest.mark.parametrize("cause", PASSED_ON.values(), ids=PASSED_ON)
def test_a_text_from_elsewhere_says_how_to_mend_it(cause: Callable[[], Any]) -> None:
    with pytest.raises(ConfigError) as raised:
        cause()
    assert MENDS.search(str(raised.value)), raised.value


def test_every_class_that_a_programmer_can_cause_is_looked_at() -> None:
    # Of the others one side is a client, a store or a provider.
    others = {"AuthenticationError", "IssuerUnavailable", "Problem", "StoreUnavailable"}
    assert subclasses_of("NexiosError") == (PROGRAMMERS - {"NexiosError"}) | others
    assert {said.error for said in SAID} == PROGRAMMERS


@pytest.mark.parametrize(
    "text",
    [
        '"the value is wrong"',
        'f"{name!r} is no header name"',
        'f"kept is how many keys are kept, {zero} for none"',
        'f"it takes texts, not {type(value).__name__}"',
        'f"it stands on methods, not on the class {name}"',
        '"the order of " + ("these" if one else "those") + " is wrong"',
    ],
)
def test_a_text_that_only_complains_is_found(text: str) -> None:
    [said] = said_in(f"def f(name):\n    raise ConfigError({text})\n", "some.py", PROGRAMMERS)
    assert said.where == "some.py:2"
    assert not MENDS.search(said.text), said.text
