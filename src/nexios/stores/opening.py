"""`open_store`: the engine that a URL names."""

from __future__ import annotations

from typing import Any

from nexios.exceptions import ConfigError

__all__ = ["SCHEMES", "open_store"]

SCHEMES = ("memory://", "sqlite:///app.db", "postgresql://user@host/database", "redis://host")
"""What a store's URL may look like."""


def open_store(url: str, **options: Any) -> Any:
    """Make the store that `url` names; it connects on first use.

    Args:
        url: `memory://`, `sqlite:///app.db`, `postgresql://...` or `redis://...`.
        options: What the engine takes by name, e.g. `timeout`.

    Returns:
        A `MemoryStore`, `SQLStore` or `RedisStore`.

    Raises:
        ConfigError: The URL names no engine, or the engine's library is not installed.
    """
    if not isinstance(url, str):
        raise ConfigError(f"a store's URL is text, not {type(url).__name__}: {_choices()}")
    scheme = url.partition(":")[0].partition("+")[0].lower()
    if scheme == "memory":
        if url != "memory://" or options:
            raise ConfigError('the store in memory takes nothing: open_store("memory://")')
        from nexios.stores.memory import MemoryStore

        return MemoryStore()
    # The rest of the URL may hold a password, and is not shown.
    raise ConfigError(f"there is no store of this scheme: {_choices()}")


def _choices() -> str:
    return f"choose from {', '.join(SCHEMES)}"
