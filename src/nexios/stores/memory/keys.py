"""API keys in memory."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from nexios.stores.names import check_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from nexios.apikeys.model import APIKey

__all__ = ["MemoryKeys"]


class MemoryKeys:
    """`APIKeyStore` in memory."""

    def __init__(self) -> None:
        self._keys: dict[str, APIKey] = {}
        self._id_of_hash: dict[str, str] = {}
        # A server may run an event loop in each of several threads.
        self._keys_lock = Lock()

    async def add_key(self, key: APIKey, key_hash: str) -> None:
        """See `APIKeyStore`."""
        with self._keys_lock:
            self._add_key(key, key_hash)

    async def find_key(self, key_hash: str) -> APIKey | None:
        """See `APIKeyStore`."""
        with self._keys_lock:
            key_id = self._id_of_hash.get(key_hash)
            return None if key_id is None else self._keys[key_id]

    async def get_key(self, key_id: str) -> APIKey | None:
        """See `APIKeyStore`."""
        return self._keys.get(key_id)

    async def list_keys(
        self, owner: str | None = None, *, limit: int = 1000, after: str | None = None
    ) -> list[APIKey]:
        """See `APIKeyStore`."""
        with self._keys_lock:
            found = [
                key
                for key in self._keys.values()
                if (owner is None or key.owner == owner) and (after is None or key.id > after)
            ]
        return sorted(found, key=lambda key: key.id)[:limit]

    async def replace_key(self, old_id: str, old_expires_at: datetime, new: APIKey, new_hash: str) -> bool:
        """See `APIKeyStore`."""
        with self._keys_lock:
            old = self._keys.get(old_id)
            if old is None or old.revoked_at is not None or old.replaced_by is not None:
                return False
            self._add_key(new, new_hash)
            expires_at = old_expires_at if old.expires_at is None else min(old.expires_at, old_expires_at)
            self._keys[old_id] = msgspec.structs.replace(old, expires_at=expires_at, replaced_by=new.id)
        return True

    async def revoke_key(self, key_id: str, at: datetime) -> bool:
        """See `APIKeyStore`."""
        with self._keys_lock:
            key = self._keys.get(key_id)
            if key is None:
                return False
            if key.revoked_at is None:
                self._keys[key_id] = msgspec.structs.replace(key, revoked_at=at)
        return True

    async def note_key_uses(self, used: Mapping[str, datetime]) -> None:
        """See `APIKeyStore`."""
        with self._keys_lock:
            for key_id, at in used.items():
                key = self._keys.get(key_id)
                if key is not None and (key.last_used_at is None or key.last_used_at < at):
                    self._keys[key_id] = msgspec.structs.replace(key, last_used_at=at)

    async def purge_keys(self, dead_before: datetime, limit: int) -> int:
        """See `APIKeyStore`."""
        with self._keys_lock:
            dead = {key.id for key in self._keys.values() if _died_before(key, dead_before)}
            dead = set(sorted(dead)[:limit])
            for key_id in dead:
                del self._keys[key_id]
            self._id_of_hash = {
                key_hash: key_id for key_hash, key_id in self._id_of_hash.items() if key_id not in dead
            }
        return len(dead)

    def _add_key(self, key: APIKey, key_hash: str) -> None:
        check_names(key.id, key.owner, key_hash)
        if key.id in self._keys or key_hash in self._id_of_hash:
            raise ValueError("a key of this id or hash is kept already")
        self._keys[key.id] = key
        self._id_of_hash[key_hash] = key.id


def _died_before(key: APIKey, moment: datetime) -> bool:
    return any(end is not None and end < moment for end in (key.expires_at, key.revoked_at))
