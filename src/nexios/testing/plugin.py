"""Fixtures for pytest, which finds them by itself where Nexios is installed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from nexios.events import Event
    from nexios.testing.client import TestClient
    from nexios.testing.clock import FrozenClock


@pytest.fixture
def frozen_clock() -> FrozenClock:
    """A clock that stands until it is turned, for every `clock=` of Nexios."""
    from nexios.testing.clock import FrozenClock

    return FrozenClock()


@pytest.fixture
def nexios_client() -> Iterator[Callable[..., TestClient]]:
    """Starts an application and gives a client of it, `nexios_client(app)`; it stops after the test."""
    from nexios.testing import TestClient

    with ExitStack() as stack:

        def start(app: ASGIApp, **options: Any) -> TestClient:
            return stack.enter_context(TestClient(app, **options))

        yield start


@pytest.fixture
def nexios_events() -> Iterator[Callable[..., list[Event]]]:
    """Gathers the events of an application until the test ends: `nexios_events(app)` is the list."""
    from nexios.testing.hearing import hearing

    with ExitStack() as stack:

        def gather(app: Any, *kinds: type[Event]) -> list[Event]:
            return stack.enter_context(hearing(app.events, *kinds))

        yield gather
