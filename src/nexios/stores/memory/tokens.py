"""Refresh tokens in memory."""

from __future__ import annotations

from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from nexios.stores.names import check_names

if TYPE_CHECKING:
    from datetime import datetime

    from nexios.stores.records import RefreshRecord, TokenFamily

__all__ = ["MemoryTokens"]


class MemoryTokens:
    """`TokenStore` in memory."""

    def __init__(self) -> None:
        self._families: dict[str, TokenFamily] = {}
        self._refresh: dict[str, RefreshRecord] = {}
        self._tokens_lock = Lock()

    async def add_family(self, family: TokenFamily, first: RefreshRecord) -> None:
        """See `TokenStore`."""
        check_names(family.id, family.subject, first.token_hash)
        with self._tokens_lock:
            if family.id in self._families or first.token_hash in self._refresh:
                raise ValueError("a family of this id or token is kept already")
            self._families[family.id] = family
            self._refresh[first.token_hash] = first

    async def use_refresh(self, token_hash: str, now: datetime) -> tuple[RefreshRecord, TokenFamily] | None:
        """See `TokenStore`."""
        with self._tokens_lock:
            token = self._refresh.get(token_hash)
            if token is None:
                return None
            if token.used_at is None:
                self._refresh[token_hash] = msgspec.structs.replace(token, used_at=now)
            return token, self._families[token.family]

    async def add_refresh(self, token: RefreshRecord) -> bool:
        """See `TokenStore`."""
        check_names(token.token_hash)
        with self._tokens_lock:
            family = self._families.get(token.family)
            if family is None or family.ended_at is not None:
                return False
            if token.token_hash in self._refresh:
                raise ValueError("a token of this hash is kept already")
            self._refresh[token.token_hash] = token
        return True

    async def find_refresh(self, token_hash: str) -> tuple[RefreshRecord, TokenFamily] | None:
        """See `TokenStore`."""
        with self._tokens_lock:
            token = self._refresh.get(token_hash)
            return None if token is None else (token, self._families[token.family])

    async def end_family(self, family_id: str, at: datetime) -> bool:
        """See `TokenStore`."""
        with self._tokens_lock:
            family = self._families.get(family_id)
            if family is None:
                return False
            if family.ended_at is None:
                self._families[family_id] = msgspec.structs.replace(family, ended_at=at)
        return True

    async def end_families(self, subject: str, at: datetime) -> int:
        """See `TokenStore`."""
        with self._tokens_lock:
            going_on = [
                family
                for family in self._families.values()
                if family.subject == subject and family.ended_at is None
            ]
            for family in going_on:
                self._families[family.id] = msgspec.structs.replace(family, ended_at=at)
        return len(going_on)

    async def purge_tokens(self, now: datetime, limit: int) -> int:
        """See `TokenStore`."""
        with self._tokens_lock:
            over = set(
                islice((family.id for family in self._families.values() if family.expires_at <= now), limit)
            )
            for family_id in over:
                del self._families[family_id]
            self._refresh = {
                token_hash: token for token_hash, token in self._refresh.items() if token.family not in over
            }
        return len(over)
