"""`open_store`: the engine that a URL names, whose library is imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nexios.exceptions import ConfigError

__all__ = ["ENGINES", "SCHEMES", "engine", "open_store"]

ENGINES = {
    "MemoryStore": ("nexios.stores.memory", ""),
    "SQLStore": ("nexios.stores.sql", "sql"),
}
"""Each engine's module, and the extra that brings its library."""

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
        return engine("MemoryStore")()
    if scheme in {"sqlite", "postgresql", "postgres"}:
        return engine("SQLStore")(url, **options)
    # The rest of the URL may hold a password, and is not shown.
    raise ConfigError(f"there is no store of this scheme: {_choices()}")


def engine(name: str) -> Any:
    """The class of this name.

    Raises:
        ConfigError: Its library is not installed.
    """
    module, extra = ENGINES[name]
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as missing:
        if not extra or (missing.name or "").startswith("nexios"):
            raise
        raise ConfigError(f'{name} needs {missing.name}: pip install "nexios[{extra}]"') from None


def _choices() -> str:
    return f"choose from {', '.join(SCHEMES)}"
