"""The audit trail in memory."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from nexios.stores.names import check_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nexios.stores.records import AuditRecord

__all__ = ["MemoryAudit"]


class MemoryAudit:
    """`AuditStore` in memory."""

    def __init__(self) -> None:
        self._audit: dict[str, AuditRecord] = {}
        self._audit_lock = Lock()

    async def add_audit(self, records: Sequence[AuditRecord]) -> None:
        """See `AuditStore`."""
        for record in records:
            check_names(record.id, record.event, record.identity, record.scope, record.address)
        with self._audit_lock:
            for record in records:
                self._audit.setdefault(record.id, record)

    async def list_audit(
        self,
        *,
        identity: str | None = None,
        event: str | None = None,
        since: datetime | None = None,
        before: str | None = None,
        limit: int = 1000,
    ) -> list[AuditRecord]:
        """See `AuditStore`."""
        with self._audit_lock:
            newest_first = sorted(self._audit.values(), key=lambda record: record.id, reverse=True)
        return [
            record
            for record in newest_first
            if (identity is None or record.identity == identity)
            and (event is None or record.event == event)
            and (since is None or record.at >= since)
            and (before is None or record.id < before)
        ][:limit]

    async def purge_audit(self, before: datetime, limit: int) -> int:
        """See `AuditStore`."""
        with self._audit_lock:
            old = sorted((record.at, record.id) for record in self._audit.values() if record.at < before)
            for _, record_id in old[:limit]:
                del self._audit[record_id]
        return min(len(old), limit)
