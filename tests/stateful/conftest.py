"""The stores that the machines run on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stateful.machines import World, world_of
from tests.stores.conftest import MEMORY, POSTGRESQL, REDIS, SQLITE
from tests.stores.engines import fresh, needs_service


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores are closed by the hundred here, for which a busy machine needs longer than applications wait."""
    monkeypatch.setattr("nexios.stores.loops._GOODBYE", 60.0)


def _world(request: pytest.FixtureRequest, folder: Path) -> Iterator[World]:
    needs_service(request.param)
    with fresh(request.param, folder) as engine, world_of(engine, folder) as world:
        yield world


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRESQL, REDIS])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Every store: they all keep what expires."""
    yield from _world(request, tmp_path)


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRESQL])
def lasting_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Every store that keeps what is to last, as API keys are."""
    yield from _world(request, tmp_path)
