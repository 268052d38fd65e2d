"""Revocations in memory."""

from __future__ import annotations

from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from nexios.stores.names import check_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nexios.stores.records import Revocation

__all__ = ["MemoryRevocations"]


class MemoryRevocations:
    """`RevocationStore` in memory."""

    def __init__(self) -> None:
        # By kind and id: the revocation, and the number that its last change was.
        self._revoked: dict[tuple[str, str], tuple[int, Revocation]] = {}
        self._changes = 0
        self._seen: dict[tuple[str, str], datetime] = {}
        self._revocations_lock = Lock()

    async def revoke(self, revocations: Sequence[Revocation]) -> None:
        """See `RevocationStore`."""
        for each in revocations:
            check_names(each.kind, each.id)
        with self._revocations_lock:
            for each in revocations:
                self._changes += 1
                _, known = self._revoked.pop((each.kind, each.id), (0, each))
                later = msgspec.structs.replace(
                    each, at=max(each.at, known.at), until=max(each.until, known.until)
                )
                # Put in anew, the dictionary stays in the order of the changes.
                self._revoked[each.kind, each.id] = (self._changes, later)

    async def revoked_since(
        self, kind: str, cursor: str | None, limit: int
    ) -> tuple[list[Revocation], str, bool]:
        """See `RevocationStore`."""
        since = 0 if cursor is None else int(cursor)
        with self._revocations_lock:
            if since > self._changes:
                since = 0
            new = [
                (number, each)
                for number, each in self._revoked.values()
                if number > since and each.kind == kind
            ]
            last = new[limit - 1][0] if len(new) > limit else self._changes
        return [each for _, each in new[:limit]], str(last), len(new) > limit

    async def first_seen(self, kind: str, value: str, until: datetime) -> bool:
        """See `RevocationStore`."""
        with self._revocations_lock:
            if (kind, value) in self._seen:
                return False
            self._seen[kind, value] = until
        return True

    async def purge_revocations(self, now: datetime, limit: int) -> int:
        """See `RevocationStore`."""
        with self._revocations_lock:
            revoked = [name for name, (_, each) in self._revoked.items() if each.until <= now]
            seen = [name for name, until in self._seen.items() if until <= now]
            for name in islice(revoked, limit):
                del self._revoked[name]
            left = limit - min(limit, len(revoked))
            for name in islice(seen, left):
                del self._seen[name]
        return limit - left + min(left, len(seen))
