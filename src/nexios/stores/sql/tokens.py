"""Refresh tokens in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, case, delete, insert, select, update

from nexios.stores.names import check_names
from nexios.stores.records import RefreshRecord, TokenFamily
from nexios.stores.sql.errors import MissingParent
from nexios.stores.sql.tables import families, refresh

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from nexios.stores.sql.database import Database

__all__ = ["SQLTokens"]

_FIND = (
    select(
        *(column.label(f"token_{column.name}") for column in refresh.c),
        *(column.label(f"family_{column.name}") for column in families.c),
    )
    .select_from(refresh.join(families, families.c.id == refresh.c.family))
    .where(refresh.c.token_hash == bindparam("hash"))
)
_USE = (
    update(refresh)
    .where(refresh.c.token_hash == bindparam("hash"), refresh.c.used_at.is_(None))
    .values(used_at=bindparam("now"))
)
_ENDED = case(
    (families.c.ended_at.is_(None), bindparam("at", type_=families.c.ended_at.type)),
    else_=families.c.ended_at,
)
_END = update(families).where(families.c.id == bindparam("family_id")).values(ended_at=_ENDED)
_PURGE = delete(families).where(
    families.c.id.in_(
        select(families.c.id)
        .where(families.c.expires_at <= bindparam("now"))
        .order_by(families.c.expires_at)
        .limit(bindparam("number"))
        .with_for_update(skip_locked=True)
    )
)
_ADD = insert(refresh).from_select(
    ["token_hash", "family", "expires_at", "used_at"],
    select(
        bindparam("hash", type_=refresh.c.token_hash.type),
        families.c.id,
        bindparam("expires_at", type_=refresh.c.expires_at.type),
        bindparam("used_at", type_=refresh.c.used_at.type),
    ).where(families.c.id == bindparam("family_id"), families.c.ended_at.is_(None)),
)


class SQLTokens:
    """`TokenStore` in a database."""

    _database: Database

    async def add_family(self, family: TokenFamily, first: RefreshRecord) -> None:
        """See `TokenStore`."""
        check_names(family.id, family.subject, first.token_hash)

        async def add(connection: AsyncConnection) -> None:
            await connection.execute(insert(families), msgspec.structs.asdict(family))
            await connection.execute(insert(refresh), msgspec.structs.asdict(first))

        await self._database.transaction(add)

    async def use_refresh(self, token_hash: str, now: datetime) -> tuple[RefreshRecord, TokenFamily] | None:
        """See `TokenStore`."""

        async def use(connection: AsyncConnection) -> tuple[bool, Any]:
            # Of two at once the second waits here for the first, and then finds it used.
            used = await connection.execute(_USE, {"hash": token_hash, "now": now})
            found = (await connection.execute(_FIND, {"hash": token_hash})).first()
            return used.rowcount == 1, found

        was_fresh, row = await self._database.transaction(use)
        if row is None:
            return None
        token, family = _pair(row)
        return (msgspec.structs.replace(token, used_at=None) if was_fresh else token), family

    async def add_refresh(self, token: RefreshRecord) -> bool:
        """See `TokenStore`."""
        check_names(token.token_hash)
        added: dict[str, Any] = {"hash": token.token_hash, "family_id": token.family}
        added |= {"expires_at": token.expires_at, "used_at": token.used_at}
        try:
            return await self._database.change(_ADD, added) == 1
        except MissingParent:
            # The family was purged between the look and the insert.
            return False

    async def find_refresh(self, token_hash: str) -> tuple[RefreshRecord, TokenFamily] | None:
        """See `TokenStore`."""
        found = await self._database.rows(_FIND, {"hash": token_hash}, _pair)
        return found[0] if found else None

    async def end_family(self, family_id: str, at: datetime) -> bool:
        """See `TokenStore`."""
        return await self._database.change(_END, {"family_id": family_id, "at": at}) == 1

    async def end_families(self, subject: str, at: datetime) -> int:
        """See `TokenStore`."""
        # In one order everywhere: two who end the same ones never wait for each other.
        going_on = (
            select(families.c.id)
            .where(families.c.subject == subject, families.c.ended_at.is_(None))
            .order_by(families.c.id)
            .with_for_update()
        )
        return await self._database.change(
            update(families).where(families.c.id.in_(going_on)).values(ended_at=at), {}
        )

    async def purge_tokens(self, now: datetime, limit: int) -> int:
        """See `TokenStore`."""
        return await self._database.change(_PURGE, {"now": now, "number": limit})


def _pair(row: Any) -> tuple[RefreshRecord, TokenFamily]:
    fields = row._mapping
    token = {name: fields[f"token_{name}"] for name in RefreshRecord.__struct_fields__}
    family = {name: fields[f"family_{name}"] for name in TokenFamily.__struct_fields__}
    return RefreshRecord(**token), TokenFamily(**family)
