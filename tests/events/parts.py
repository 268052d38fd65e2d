"""An application whose events are noted as they come."""

from __future__ import annotations

from nexios import NexiosApp
from nexios.events import Event

ADDRESS = "192.0.2.7"


def noted(app: NexiosApp, *kinds: type[Event]) -> list[Event]:
    """The events of `app`, as they come from now on."""
    events: list[Event] = []
    app.events.tap(*kinds)(events.append)
    return events


def told(events: list[Event]) -> list[tuple[str, str | None, str | None, str | None]]:
    """Name, identity, scope and reason of each."""
    return [(event.name(), event.identity, event.scope, getattr(event, "reason", None)) for event in events]
