"""Each engine, empty."""

from __future__ import annotations

import pytest

from tests.stores.engines import Engine


@pytest.fixture(params=["memory"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return Engine("memory", "memory://")
