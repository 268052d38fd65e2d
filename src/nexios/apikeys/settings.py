"""What an `APIKeys` is given: a mistake there is the programmer's, and told at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from nexios.events import Events
from nexios.exceptions import ConfigError
from nexios.stores.base import APIKeyStore

__all__ = ["check_settings"]


def check_settings(store: Any, kept: Any, flush_every: Any, events: Any) -> None:
    """Check what `APIKeys` takes by these names.

    Raises:
        ConfigError: One of them cannot be.
    """
    if isinstance(store, type) or not isinstance(store, APIKeyStore):
        name = store.__name__ if isinstance(store, type) else type(store).__name__
        raise ConfigError(
            f'APIKeys: {name} keeps no API keys: use a database, open_store("sqlite:///app.db") or '
            f'open_store("postgresql://..."), or in tests MemoryStore()'
        )
    if type(kept) is not int or kept < 0:
        raise ConfigError("APIKeys: kept is how many keys are kept, 0 for none: kept=10_000")
    if not isinstance(flush_every, timedelta) or flush_every <= timedelta(0):
        raise ConfigError("APIKeys: flush_every is a timedelta, e.g. timedelta(seconds=30)")
    if events is not None and not isinstance(events, Events):
        raise ConfigError(f"APIKeys: events is an Events, not {type(events).__name__}: events=app.events")
