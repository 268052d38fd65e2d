"""The sources of sessions that the tests of their behaviour are held against."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nexios.stores import MemoryStore, open_store
from tests.session import apps
from tests.session.sources import SOURCES
from tests.stores.engines import Engine, fresh, needs_service


@pytest.fixture(params=SOURCES, autouse=True)
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Where the sessions of a test are kept."""
    kind = request.param
    if kind == "signed":
        yield kind
    elif kind == "shared":
        monkeypatch.setitem(apps.kept_in, "ended_in", MemoryStore())
        yield kind
    else:
        needs_service(kind)
        with fresh(kind, tmp_path) as engine:
            asyncio.run(_with_tables(engine))
            # These tests are about what happens and not about how soon, on a machine that may be busy.
            patience = {} if kind == "memory" else {"timeout": 10}
            monkeypatch.setitem(apps.kept_in, "store", open_store(engine.url, **patience))
            yield kind


async def _with_tables(engine: Engine) -> None:
    async with engine.open():
        """There they are."""
