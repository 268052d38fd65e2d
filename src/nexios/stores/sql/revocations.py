"""Revocations in a database."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Text,
    bindparam,
    case,
    cast,
    delete,
    func,
    select,
    true,
    tuple_,
    update,
)

from nexios.stores.names import check_names
from nexios.stores.records import Revocation
from nexios.stores.sql.cursor import Cursor
from nexios.stores.sql.tables import counters, revocations, seen
from nexios.stores.sql.upsert import insert_unless_there, upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from nexios.stores.sql.database import Database

__all__ = ["SQLRevocations"]

_COUNTER = "revocations"
_ADVANCE = (
    update(counters)
    .where(counters.c.name == _COUNTER)
    .values(value=counters.c.value + 1)
    .returning(counters.c.value)
)
# PostgreSQL: a transaction that began before another may be committed after it, so a sequence would be read
# past what is not there yet. The id of the transaction tells: all of those before the oldest that still runs
# are done (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT).
_THIS_TRANSACTION = cast(cast(func.pg_current_xact_id(), Text), BigInteger)
_OLDEST_RUNNING = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
# SQLite: one transaction writes at a time.
_NEXT_COUNT = select(counters.c.value + 1).where(counters.c.name == _COUNTER).scalar_subquery()
# What is written by one statement
_BATCH = 500


def _later(table: Any, new: Any, name: str) -> Any:
    return case((table.c[name] < new[name], new[name]), else_=table.c[name])


_REVOKE = {
    sqlite: upsert(
        revocations,
        ("kind", "id"),
        lambda new: {
            "at": _later(revocations, new, "at"),
            "until": _later(revocations, new, "until"),
            "position": new.position,
        },
        sqlite_file=sqlite,
    )
    for sqlite in (True, False)
}
_SEE = {sqlite: insert_unless_there(seen, sqlite_file=sqlite) for sqlite in (True, False)}


def _since(sqlite: bool) -> Any:
    """The horizon, before which nothing can come any more, and what is new, in one question.

    Both are of one snapshot; where nothing is new, there is one row that says the horizon alone.
    """
    bound = {name: bindparam(name, type_=BigInteger) for name in ("since", "position")}
    new = (
        select(revocations)
        .where(
            revocations.c.kind == bindparam("kind"),
            revocations.c.position >= bound["since"],
            tuple_(revocations.c.position, revocations.c.id)
            > tuple_(bound["position"], bindparam("id", type_=revocations.c.id.type)),
        )
        .order_by(revocations.c.position, revocations.c.id)
        .limit(bindparam("number"))
        .subquery("new")
    )
    horizon = select((_NEXT_COUNT if sqlite else _OLDEST_RUNNING).label("horizon")).subquery("now")
    return (
        select(horizon.c.horizon, new)
        .select_from(horizon.outerjoin(new, true()))
        .order_by(new.c.position, new.c.id)
    )


_SINCE = {sqlite: _since(sqlite) for sqlite in (True, False)}
_PURGE = {
    table: delete(table).where(
        tuple_(*table.primary_key).in_(
            select(*table.primary_key)
            .where(table.c.until <= bindparam("now"))
            .limit(bindparam("number"))
            .with_for_update(skip_locked=True)
        )
    )
    for table in (revocations, seen)
}


class SQLRevocations:
    """`RevocationStore` in a database."""

    _database: Database

    async def revoke(self, revocations: Sequence[Revocation]) -> None:
        """See `RevocationStore`."""
        rows = iter(_rows(revocations))
        while batch := list(islice(rows, _BATCH)):

            async def write(connection: AsyncConnection, batch: list[dict[str, Any]] = batch) -> None:
                sqlite = self._database.target.sqlite
                position = (
                    await connection.execute(_ADVANCE if sqlite else select(_THIS_TRANSACTION))
                ).scalar_one()
                await connection.execute(_REVOKE[sqlite], [{**row, "position": position} for row in batch])

            await self._database.transaction(write)

    async def revoked_since(
        self, kind: str, cursor: str | None, limit: int
    ) -> tuple[list[Revocation], str, bool]:
        """See `RevocationStore`."""
        at = Cursor.read(cursor)
        rows = await self._asked(kind, at, limit)
        horizon = rows[0][0]
        if at.since > horizon:
            # The database was set back, to before what the cursor has seen.
            at = Cursor()
            rows = await self._asked(kind, at, limit)
            horizon = rows[0][0]
        new = [(position, each) for _, position, each in rows if each is not None]
        more = len(new) > limit
        new = new[:limit]
        following = at.after(new[-1][0], new[-1][1].id, horizon) if more else at.finished(horizon)
        return [each for _, each in new], str(following), more

    async def first_seen(self, kind: str, value: str, until: datetime) -> bool:
        """See `RevocationStore`."""
        check_names(kind)
        value_hash = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        row = {"kind": kind, "value_hash": value_hash, "until": until}
        return await self._database.change(_SEE[self._database.target.sqlite], row) == 1

    async def purge_revocations(self, now: datetime, limit: int) -> int:
        """See `RevocationStore`."""
        purged = await self._database.change(_PURGE[revocations], {"now": now, "number": limit})
        if purged < limit:
            purged += await self._database.change(_PURGE[seen], {"now": now, "number": limit - purged})
        return purged

    async def _asked(self, kind: str, at: Cursor, limit: int) -> list[Any]:
        asked = {"kind": kind, "since": at.since, "position": at.position, "id": at.id, "number": limit + 1}
        return await self._database.rows(_SINCE[self._database.target.sqlite], asked, _read)


def _rows(revocations: Iterable[Revocation]) -> list[dict[str, Any]]:
    """A row for each name, in one order everywhere: two who write the same ones never wait for each other."""
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for each in revocations:
        check_names(each.kind, each.id)
        known = latest.setdefault((each.kind, each.id), {"at": each.at, "until": each.until})
        known.update(
            kind=each.kind, id=each.id, at=max(known["at"], each.at), until=max(known["until"], each.until)
        )
    return [latest[name] for name in sorted(latest)]


def _read(row: Any) -> tuple[int, int, Revocation | None]:
    if row.position is None:
        return int(row.horizon), 0, None
    return int(row.horizon), row.position, Revocation(kind=row.kind, id=row.id, at=row.at, until=row.until)
