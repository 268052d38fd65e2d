from __future__ import annotations

import pytest

from nexios.apikeys import APIKeys
from tests.apikeys.keeping import WatchedStore, keys_in
from tests.parts import Clock


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def keys(store: WatchedStore, clock: Clock) -> APIKeys:
    return keys_in(store, clock)
