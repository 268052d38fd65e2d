"""Events of what happens to API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from nexios.apikeys.model import APIKey
    from nexios.events import Events, KeyCreated, KeyRevoked, KeyRotated, KeyUsed

__all__ = ["KeyEvents"]

_Kind: TypeAlias = "type[KeyCreated | KeyRevoked | KeyRotated | KeyUsed]"


class KeyEvents:
    """Tells whoever listens what happens to keys.

    Args:
        events: Who hears it; None: nobody.
        now: The time now, in UTC.
    """

    def __init__(self, events: Events | None, now: Callable[[], datetime]) -> None:
        self._events = events
        self._now = now

    def __call__(self, kind: _Kind, record: APIKey, **what: str) -> None:
        """Something has happened to the key of `record`."""
        events = self._events
        if events is not None and events.listening and events.wants(kind):
            at = self._now()
            events.emit(kind(identity=record.owner, scope="apikey", at=at, key_id=record.id, **what))
