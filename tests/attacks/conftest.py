"""What every attack has: an eye on the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from nexios import running
from tests.attacks.targets import TokenTarget
from tests.parts import OTHER_SECRET, SECRET


@pytest.fixture(autouse=True)
def _no_app_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """No application was made before, whose settings create_jwt and decode_jwt would take."""
    monkeypatch.setattr(running, "_made_last", [])


KEPT = {"kept": 10_000, "not kept": 0}


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log at its most talkative; no attack makes it say a secret."""
    caplog.set_level(logging.DEBUG)
    yield caplog
    for secret in (SECRET, OTHER_SECRET):
        assert secret not in caplog.text


@pytest.fixture(params=KEPT.values(), ids=KEPT.keys())
def kept(request: pytest.FixtureRequest) -> int:
    """How many verified tokens are kept: what is refused must be so either way."""
    return int(request.param)


@pytest.fixture
def target(kept: int) -> TokenTarget:
    """A route guarded by `@auth(scope="jwt")` that takes HS256."""
    return TokenTarget(kept=kept)
