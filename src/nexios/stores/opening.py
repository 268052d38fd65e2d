"""`open_store`: the engine that a URL names, whose library is imported when it is used."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ENGINES", "SCHEMES", "engine", "open_store"]

ENGINES = {
    "MemoryStore": ("nexios.stores.memory", ""),
    "SQLStore": ("nexios.stores.sql", "sql"),
    "RedisStore": ("nexios.stores.redis", "redis"),
}
"""Each engine's module, and the extra that brings its library."""

_NAME = re.compile("[A-Za-z0-9_]+")
_SQL = {"pool_size": int, "max_overflow": int, "pool_timeout": float, "timeout": float, "schema": str}
_REDIS = {"prefix": str, "max_connections": int, "timeout": float}
_URLS: tuple[tuple[str, frozenset[str], Mapping[str, Callable[[str], Any]]], ...] = (
    ("SQLStore", frozenset({"sqlite", "postgresql", "postgres"}), _SQL),
    ("RedisStore", frozenset({"redis", "rediss"}), _REDIS),
)

SCHEMES = ("memory://", "sqlite:///app.db", "postgresql://user@host/database", "redis://host")
"""What a store's URL may look like."""


def open_store(url: str, **options: Any) -> Any:
    """Make the store that `url` names; it connects on first use.

    Args:
        url: `memory://`, `sqlite:///app.db`, `postgresql://...` or `redis://...`.
            Options may stand behind it: `postgresql://host/db?pool_size=20&timeout=0.5`.
        options: What the engine takes by name, e.g. `timeout`; they win over those of the URL.

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
    for name, schemes, known in _URLS:
        if scheme in schemes:
            url, said = _options(url, known)
            unknown = sorted(options.keys() - known.keys())
            if unknown:
                raise ConfigError(
                    f"{name} takes no {', '.join(unknown)}: choose from {', '.join(sorted(known))}"
                )
            return engine(name)(url, **{**said, **options})
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


def _options(url: str, known: Mapping[str, Callable[[str], Any]]) -> tuple[str, dict[str, Any]]:
    """`url` without the options of the engine, and those; what else is asked for is the driver's."""
    base, _, query = url.partition("?")
    own, others = {}, []
    for name, text in parse_qsl(query, keep_blank_values=True):
        if not _NAME.fullmatch(name):
            # It may be the rest of a password with a question mark, and is not shown.
            raise ConfigError("the store's URL cannot be read: give its password percent-encoded")
        if name not in known:
            others.append((name, text))
            continue
        try:
            own[name] = known[name](text)
        except ValueError:
            raise ConfigError(f"{name} in the store's URL must be a number") from None
    return (f"{base}?{urlencode(others)}" if others else base), own


def _choices() -> str:
    return f"choose from {', '.join(SCHEMES)}"
