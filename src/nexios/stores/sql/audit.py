"""The audit trail in a database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, delete, select

from nexios.stores.names import check_names
from nexios.stores.records import AuditRecord
from nexios.stores.sql.tables import audit
from nexios.stores.sql.upsert import insert_unless_there

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from nexios.stores.sql.database import Database

__all__ = ["SQLAudit"]

# What is written by one statement
_BATCH = 200
_ADD = {sqlite: insert_unless_there(audit, sqlite_file=sqlite) for sqlite in (True, False)}
_PURGE = delete(audit).where(
    audit.c.id.in_(
        select(audit.c.id)
        .where(audit.c.at < bindparam("before"))
        .order_by(audit.c.at)
        .limit(bindparam("number"))
        .with_for_update(skip_locked=True)
    )
)


class SQLAudit:
    """`AuditStore` in a database."""

    _database: Database

    async def add_audit(self, records: Sequence[AuditRecord]) -> None:
        """See `AuditStore`."""
        for start in range(0, len(records), _BATCH):
            rows = [_row(record) for record in records[start : start + _BATCH]]

            async def write(connection: AsyncConnection, rows: list[dict[str, Any]] = rows) -> None:
                await connection.execute(_ADD[self._database.target.sqlite], rows)

            await self._database.transaction(write)

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
        asked = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if identity is not None:
            asked = asked.where(audit.c.identity == identity)
        if event is not None:
            asked = asked.where(audit.c.event == event)
        if since is not None:
            asked = asked.where(audit.c.at >= since)
        if before is not None:
            asked = asked.where(audit.c.id < before)
        return await self._database.rows(asked, {}, _read)

    async def purge_audit(self, before: datetime, limit: int) -> int:
        """See `AuditStore`."""
        return await self._database.change(_PURGE, {"before": before, "number": limit})


def _row(record: AuditRecord) -> dict[str, Any]:
    check_names(record.id, record.event, record.identity, record.scope, record.address)
    row = {field: getattr(record, field) for field in record.__struct_fields__}
    return {**row, "details": json.dumps(record.details)}


def _read(row: Any) -> AuditRecord:
    fields = dict(row._mapping)
    return AuditRecord(**{**fields, "details": msgspec.convert(json.loads(row.details), dict[str, Any])})
