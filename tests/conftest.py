"""What every part of the suite may use."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.parts import Clock
from tests.secrecy import secrecy

__all__ = ["secrecy"]

# One machine is slower than another: a property fails for what it finds, never for how long that takes.
# Under CI the examples are the same each time, so that a change is judged by itself; elsewhere they are new.
settings.register_profile("nexios", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("nexios")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()
