"""Each engine, empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.engines import Engine, fresh, needs_service

SQL = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.service),
]
ALL = [pytest.param("memory", id="memory"), *SQL]


@pytest.fixture(params=ALL)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine that keeps what the test's domain is."""
    needs_service(request.param)
    with fresh(request.param, tmp_path) as made:
        yield made
