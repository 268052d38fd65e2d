"""What an `APIKeys` is given: a mistake there is the programmer's, and told at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nexios.events import Events
from nexios.exceptions import ConfigError
from nexios.stores.base import APIKeyStore

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BY_KEY", "check_routes", "check_settings", "dead_before"]

BY_KEY = "apikey"
"""The scope of requests that were made with an API key."""


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


def check_routes(scopes: Any, *, allow_api_keys: Any, max_keys: Any, overlap: Any) -> Sequence[str] | None:
    """Check what `key_routes` takes by these names; the scopes by which its routes are reached.

    Raises:
        ConfigError: One of them cannot be.
    """
    # Text that came out of the environment, as "no", must not open anything.
    if type(allow_api_keys) is not bool:
        raise ConfigError("key_routes: allow_api_keys is a bool: allow_api_keys=True, or leave it out")
    if isinstance(scopes, list | tuple | set | frozenset):
        if BY_KEY in scopes and not allow_api_keys:
            raise ConfigError(
                "key_routes: a key that makes keys is a way to stay: say allow_api_keys=True as well"
            )
        if allow_api_keys and BY_KEY not in scopes:
            scopes = [*scopes, BY_KEY]
    elif scopes is not None:
        raise ConfigError('key_routes: scopes takes a list: scopes=["session"]')
    if type(max_keys) is not int or max_keys < 1:
        raise ConfigError("key_routes: max_keys is how many good keys one user may have, e.g. max_keys=50")
    if not isinstance(overlap, timedelta) or overlap < timedelta(0):
        raise ConfigError("key_routes: overlap is a timedelta, e.g. timedelta(hours=24)")
    found: Sequence[str] | None = scopes
    return found


def dead_before(dead_for: object, now: datetime) -> datetime:
    """Before which moment a key must have died that has been dead for so long.

    Raises:
        TypeError: `dead_for` is no timedelta.
        ValueError: It is negative, by which keys would be meant that live; or from before every calendar.
    """
    if not isinstance(dead_for, timedelta):
        raise TypeError("dead_for is a timedelta, e.g. timedelta(days=90)")
    if dead_for < timedelta(0):
        raise ValueError("dead_for must not be negative; timedelta(0): all that are dead by now")
    try:
        return now - dead_for
    except OverflowError:
        raise ValueError("dead_for goes beyond the year 1, e.g. timedelta(days=90)") from None
