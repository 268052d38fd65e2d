"""The events of an application, as a test wants them: in a list."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nexios.events import Event, Events

__all__ = ["hearing"]


@contextmanager
def hearing(events: Events, *kinds: type[Event]) -> Iterator[list[Event]]:
    """Gather the events that are emitted meanwhile.

    Args:
        events: Where they come from, e.g. `app.events`.
        kinds: Which; none: all of them.

    Yields:
        The list that they are put into, at the moment when each is emitted.
    """
    heard: list[Event] = []

    def hear(event: Event) -> None:
        heard.append(event)

    events.tap(*kinds)(hear)
    try:
        yield heard
    finally:
        events.unlisten(hear)
