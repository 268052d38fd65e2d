"""Where keys, sessions and tokens are kept.

`open_store(url)` chooses the engine by the scheme of `url`; each can also be made by name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nexios.stores.base import APIKeyStore, RevocationStore, SessionStore, Store, TokenStore
from nexios.stores.opening import open_store
from nexios.stores.records import RefreshRecord, Revocation, SessionRecord, TokenFamily

if TYPE_CHECKING:
    from nexios.stores.memory import MemoryStore

__all__ = [
    "APIKeyStore",
    "MemoryStore",
    "RefreshRecord",
    "Revocation",
    "RevocationStore",
    "SessionRecord",
    "SessionStore",
    "Store",
    "TokenFamily",
    "TokenStore",
    "open_store",
]

# Each brings a library of its own, which is imported where it is used.
_ENGINES = {"MemoryStore": "nexios.stores.memory"}


def __getattr__(name: str) -> Any:
    if name not in _ENGINES:
        raise AttributeError(f"module 'nexios.stores' has no attribute {name!r}")
    return getattr(import_module(_ENGINES[name]), name)
