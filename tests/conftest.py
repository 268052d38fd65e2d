"""What every part of the suite may use."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.parts import Clock

# One machine is slower than another: a property fails for what it finds, never for how long that takes.
settings.register_profile("nexios", deadline=None)
settings.load_profile("nexios")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()
