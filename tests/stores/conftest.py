"""Each engine, empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.engines import Engine, fresh, needs_service

MEMORY = pytest.param("memory", id="memory")
SQLITE = pytest.param("sqlite", id="sqlite")
POSTGRESQL = pytest.param("postgresql", id="postgresql", marks=pytest.mark.service)
REDIS = pytest.param("redis", id="redis", marks=pytest.mark.service)


def _engine(request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    needs_service(request.param)
    with fresh(request.param, folder) as made:
        yield made


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRESQL])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine that keeps what is to last, as API keys are."""
    yield from _engine(request, tmp_path)


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRESQL, REDIS])
def every_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine: they all keep what expires, as sessions, tokens and revocations do."""
    yield from _engine(request, tmp_path)


@pytest.fixture(params=[SQLITE, POSTGRESQL, REDIS])
def outer_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine that writes what it keeps into something else than objects."""
    yield from _engine(request, tmp_path)


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def sql_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine with tables."""
    yield from _engine(request, tmp_path)


@pytest.fixture(params=[POSTGRESQL])
def postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The engine whose transactions may be committed in another order than they began in."""
    yield from _engine(request, tmp_path)


@pytest.fixture(params=[POSTGRESQL, REDIS])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine that is a server of its own."""
    yield from _engine(request, tmp_path)
