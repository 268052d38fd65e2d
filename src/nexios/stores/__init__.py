"""Where keys, sessions and tokens are kept.

`open_store(url)` chooses the engine by the scheme of `url`; each can also be made by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.stores.base import APIKeyStore, AuditStore, RevocationStore, SessionStore, Store, TokenStore
from nexios.stores.opening import ENGINES, engine, open_store
from nexios.stores.records import AuditRecord, RefreshRecord, Revocation, SessionRecord, TokenFamily

if TYPE_CHECKING:
    from nexios.stores.memory import MemoryStore
    from nexios.stores.redis import RedisStore
    from nexios.stores.sql import SQLStore

__all__ = [
    "APIKeyStore",
    "AuditRecord",
    "AuditStore",
    "MemoryStore",
    "RedisStore",
    "RefreshRecord",
    "Revocation",
    "RevocationStore",
    "SQLStore",
    "SessionRecord",
    "SessionStore",
    "Store",
    "TokenFamily",
    "TokenStore",
    "open_store",
]


def __getattr__(name: str) -> Any:
    # Each engine brings a library of its own, which is imported where it is used.
    if name not in ENGINES:
        raise AttributeError(f"module 'nexios.stores' has no attribute {name!r}")
    return engine(name)
