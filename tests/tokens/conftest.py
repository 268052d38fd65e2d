"""Verified tokens may be kept or not: what is taken and refused must be the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nexios import running
from tests.attacks.conftest import KEPT
from tests.parts import Clock
from tests.tokens.provider import Provider, serving


@pytest.fixture(autouse=True)
def _no_app_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """No application was made before, whose settings create_jwt and decode_jwt would take."""
    monkeypatch.setattr(running, "_made_last", [])


@pytest.fixture(params=KEPT.values(), ids=KEPT.keys())
def kept(request: pytest.FixtureRequest) -> int:
    """How many verified tokens are kept."""
    return int(request.param)


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    """An identity provider on a socket."""
    with serving(clock) as provider:
        yield provider
