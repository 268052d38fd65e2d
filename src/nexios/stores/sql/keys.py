"""API keys in a database."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, case, delete, insert, or_, select, update

from nexios.apikeys.model import APIKey
from nexios.stores.names import check_names
from nexios.stores.sql.tables import keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from nexios.stores.sql.database import Database

__all__ = ["SQLKeys"]

_COLUMNS = [column for column in keys.c if column.name != "key_hash"]
_FIND = select(*_COLUMNS).where(keys.c.key_hash == bindparam("key_hash"))
_GET = select(*_COLUMNS).where(keys.c.id == bindparam("id"))
_REPLACE = (
    update(keys)
    .where(keys.c.id == bindparam("old_id"), keys.c.revoked_at.is_(None), keys.c.replaced_by.is_(None))
    .values(
        expires_at=case(
            (keys.c.expires_at < bindparam("ends", type_=keys.c.expires_at.type), keys.c.expires_at),
            else_=bindparam("ends", type_=keys.c.expires_at.type),
        ),
        replaced_by=bindparam("new_id"),
    )
)
_REVOKE = (
    update(keys)
    .where(keys.c.id == bindparam("key_id"))
    .values(
        revoked_at=case(
            (keys.c.revoked_at.is_(None), bindparam("at", type_=keys.c.revoked_at.type)),
            else_=keys.c.revoked_at,
        )
    )
)
_NOTE = (
    update(keys)
    .where(
        keys.c.id == bindparam("key_id"),
        or_(keys.c.last_used_at.is_(None), keys.c.last_used_at < bindparam("at")),
    )
    .values(last_used_at=bindparam("at"))
)
_PURGE = delete(keys).where(
    keys.c.id.in_(
        select(keys.c.id)
        .where(or_(keys.c.expires_at < bindparam("before"), keys.c.revoked_at < bindparam("before")))
        .limit(bindparam("number"))
        .with_for_update(skip_locked=True)
    )
)
# What is written at once: a batch is done well within the time that an operation has.
_BATCH = 200


class SQLKeys:
    """`APIKeyStore` in a database."""

    _database: Database

    async def add_key(self, key: APIKey, key_hash: str) -> None:
        """See `APIKeyStore`."""
        await self._database.change(insert(keys), _row(key, key_hash))

    async def find_key(self, key_hash: str) -> APIKey | None:
        """See `APIKeyStore`."""
        found = await self._database.rows(_FIND, {"key_hash": key_hash}, _key)
        return found[0] if found else None

    async def get_key(self, key_id: str) -> APIKey | None:
        """See `APIKeyStore`."""
        found = await self._database.rows(_GET, {"id": key_id}, _key)
        return found[0] if found else None

    async def list_keys(
        self, owner: str | None = None, *, limit: int = 1000, after: str | None = None
    ) -> list[APIKey]:
        """See `APIKeyStore`."""
        asked = select(*_COLUMNS).order_by(keys.c.id).limit(limit)
        if owner is not None:
            asked = asked.where(keys.c.owner == owner)
        if after is not None:
            asked = asked.where(keys.c.id > after)
        return await self._database.rows(asked, {}, _key)

    async def replace_key(self, old_id: str, old_expires_at: datetime, new: APIKey, new_hash: str) -> bool:
        """See `APIKeyStore`."""
        row = _row(new, new_hash)

        async def replace(connection: AsyncConnection) -> bool:
            replaced = await connection.execute(
                _REPLACE, {"old_id": old_id, "ends": old_expires_at, "new_id": new.id}
            )
            if replaced.rowcount != 1:
                return False
            await connection.execute(insert(keys), row)
            return True

        return await self._database.transaction(replace)

    async def revoke_key(self, key_id: str, at: datetime) -> bool:
        """See `APIKeyStore`."""
        return await self._database.change(_REVOKE, {"key_id": key_id, "at": at}) == 1

    async def note_key_uses(self, used: Mapping[str, datetime]) -> None:
        """See `APIKeyStore`."""
        # In one order everywhere: two processes that lock the same rows never wait for each other.
        in_order = iter(sorted(used.items()))
        while batch := list(islice(in_order, _BATCH)):
            rows = [{"key_id": key_id, "at": at} for key_id, at in batch]

            async def note(connection: AsyncConnection, rows: list[dict[str, Any]] = rows) -> None:
                await connection.execute(_NOTE, rows)

            await self._database.transaction(note)

    async def purge_keys(self, dead_before: datetime, limit: int) -> int:
        """See `APIKeyStore`."""
        return await self._database.change(_PURGE, {"before": dead_before, "number": limit})


def _row(key: APIKey, key_hash: str) -> dict[str, Any]:
    check_names(key.id, key.owner, key_hash)
    row = {field: getattr(key, field) for field in key.__struct_fields__}
    row["permissions"] = None if key.permissions is None else json.dumps(sorted(key.permissions))
    row["metadata"] = json.dumps(key.metadata)
    row["addresses"] = None if key.addresses is None else json.dumps(list(key.addresses))
    return {**row, "key_hash": key_hash}


def _key(row: Any) -> APIKey:
    fields = dict(row._mapping)
    permissions, addresses = _json(row.permissions), _json(row.addresses)
    fields["permissions"] = None if permissions is None else msgspec.convert(permissions, frozenset[str])
    fields["addresses"] = None if addresses is None else msgspec.convert(addresses, tuple[str, ...])
    fields["metadata"] = msgspec.convert(_json(row.metadata), dict[str, Any])
    return APIKey(**fields)


def _json(text: str | None) -> Any:
    """What a column says; not msgspec's reading, which takes no half of a surrogate pair."""
    return None if text is None else json.loads(text)
