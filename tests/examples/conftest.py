from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
from starlette.testclient import TestClient


@pytest.fixture
def load() -> Iterator[Callable[[str], ModuleType]]:
    """Import an example anew, with nobody in it yet."""
    loaded = []

    def load(name: str) -> ModuleType:
        loaded.append(f"examples.{name}")
        sys.modules.pop(loaded[-1], None)
        return importlib.import_module(loaded[-1])

    yield load
    for name in loaded:
        sys.modules.pop(name, None)


@pytest.fixture
def client_of(load: Callable[[str], ModuleType]) -> Callable[[str], TestClient]:
    return lambda name: TestClient(load(name).app)
