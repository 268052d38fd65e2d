"""The sources of sessions that the tests of their behaviour are held against."""

from __future__ import annotations

import pytest

from nexios.stores import open_store
from tests.session import apps
from tests.session.sources import SOURCES


@pytest.fixture(params=SOURCES, autouse=True)
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the sessions of a test are kept."""
    if request.param != "signed":
        monkeypatch.setitem(apps.kept_in, "store", open_store(f"{request.param}://"))
    return str(request.param)
