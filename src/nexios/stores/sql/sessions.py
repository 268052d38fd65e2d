"""Sessions in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, delete, insert, not_, or_, select, update

from nexios.stores.names import check_names
from nexios.stores.records import SessionRecord
from nexios.stores.sql.tables import session_data, sessions
from nexios.stores.sql.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from nexios.stores.sql.database import Database

__all__ = ["SQLSessions"]

_MOMENT = sessions.c.over_at.type
_COLUMNS = [column for column in sessions.c if column.name != "over_at"]


def _with_data(which: ColumnElement[bool]) -> Select[Any]:
    """One row for each key of a session, or one without a key: the session and its data in one question."""
    joined = sessions.outerjoin(session_data, session_data.c.session_id == sessions.c.id)
    return select(*_COLUMNS, session_data.c.key, session_data.c.value).select_from(joined).where(which)


_FIND = _with_data(sessions.c.secret_hash == bindparam("secret_hash"))
_GET = _with_data(sessions.c.id == bindparam("id"))
_NEWEST = (
    select(sessions.c.id)
    .where(sessions.c.identity == bindparam("identity"))
    .order_by(sessions.c.last_seen_at.desc(), sessions.c.id)
    .limit(bindparam("number"))
)
_LIST = _with_data(sessions.c.id.in_(_NEWEST)).order_by(sessions.c.last_seen_at.desc(), sessions.c.id)
_SEEN, _IDLE = bindparam("seen_at", type_=_MOMENT), bindparam("idle", type_=_MOMENT)
_LATER = sessions.c.last_seen_at < _SEEN
_TOUCH = (
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"))
    .values(
        last_seen_at=case((_LATER, _SEEN), else_=sessions.c.last_seen_at),
        idle_until=case((_LATER, _IDLE), else_=sessions.c.idle_until),
        over_at=case(
            (not_(_LATER), sessions.c.over_at),
            (or_(_IDLE.is_(None), sessions.c.expires_at < _IDLE), sessions.c.expires_at),
            else_=_IDLE,
        ),
    )
)
_PUT = {
    sqlite: upsert(session_data, ("session_id", "key"), lambda new: {"value": new.value}, sqlite_file=sqlite)
    for sqlite in (True, False)
}
_END = delete(sessions).where(sessions.c.id == bindparam("id"))
_PURGE = delete(sessions).where(
    sessions.c.id.in_(
        select(sessions.c.id)
        .where(sessions.c.over_at <= bindparam("now"))
        .order_by(sessions.c.over_at)
        .limit(bindparam("number"))
        .with_for_update(skip_locked=True)
    )
)


class SQLSessions:
    """`SessionStore` in a database."""

    _database: Database

    async def add_session(self, session: SessionRecord) -> None:
        """See `SessionStore`."""
        check_names(session.id, session.secret_hash, session.identity, *session.data)
        row = {field: getattr(session, field) for field in session.__struct_fields__ if field != "data"}
        row["over_at"] = min(session.expires_at, session.idle_until or session.expires_at)
        if not session.data:
            await self._database.change(insert(sessions), row)
            return

        async def add(connection: AsyncConnection) -> None:
            await connection.execute(insert(sessions), row)
            await connection.execute(insert(session_data), _data_rows(session.id, session.data))

        await self._database.transaction(add)

    async def find_session(self, secret_hash: str) -> SessionRecord | None:
        """See `SessionStore`."""
        found = _whole(await self._database.rows(_FIND, {"secret_hash": secret_hash}, _part))
        return found[0] if found else None

    async def change_session(
        self,
        session_id: str,
        changes: Mapping[str, bytes | None],
        *,
        secret_hash: str | None = None,
        in_place_of: str | None = None,
        identity: str | None = None,
    ) -> bool:
        """See `SessionStore`."""
        check_names(secret_hash, identity, *changes)
        kept = {key: value for key, value in changes.items() if value is not None}
        deleted = sorted(key for key, value in changes.items() if value is None)
        renewed = {"secret_hash": secret_hash, "identity": identity}
        renewed = {name: value for name, value in renewed.items() if value is not None}
        here = sessions.c.id == bindparam("session_id")
        if in_place_of is not None:
            here = and_(here, sessions.c.secret_hash == bindparam("in_place_of"))
        held = {"session_id": session_id} | ({} if in_place_of is None else {"in_place_of": in_place_of})

        async def change(connection: AsyncConnection) -> bool:
            # The row is held until all is done: whoever ends the session waits, or was first.
            if renewed:
                at_it = update(sessions).where(here).values(renewed)
                there = (await connection.execute(at_it, held)).rowcount == 1
            else:
                hold = select(sessions.c.id).where(here).with_for_update(key_share=True)
                there = (await connection.execute(hold, held)).first() is not None
            if not there:
                return False
            if kept:
                put = _PUT[self._database.target.sqlite]
                await connection.execute(put, _data_rows(session_id, kept))
            if deleted:
                own = session_data.c.session_id == session_id
                await connection.execute(delete(session_data).where(own, session_data.c.key.in_(deleted)))
            return True

        return await self._database.transaction(change)

    async def touch_session(self, session_id: str, seen_at: datetime, idle_until: datetime | None) -> bool:
        """See `SessionStore`."""
        noted = {"session_id": session_id, "seen_at": seen_at, "idle": idle_until}
        return await self._database.change(_TOUCH, noted) == 1

    async def get_session(self, session_id: str) -> SessionRecord | None:
        """See `SessionStore`."""
        found = _whole(await self._database.rows(_GET, {"id": session_id}, _part))
        return found[0] if found else None

    async def list_sessions(self, identity: str, *, limit: int = 1000) -> list[SessionRecord]:
        """See `SessionStore`."""
        return _whole(await self._database.rows(_LIST, {"identity": identity, "number": limit}, _part))

    async def end_session(self, session_id: str) -> bool:
        """See `SessionStore`."""
        return await self._database.change(_END, {"id": session_id}) == 1

    async def end_sessions(self, identity: str, keep: str | None = None) -> int:
        """See `SessionStore`."""
        which = select(sessions.c.id).where(sessions.c.identity == identity)
        if keep is not None:
            which = which.where(sessions.c.id != keep)
        # In one order everywhere: two who end the same ones never wait for each other.
        which = which.order_by(sessions.c.id).with_for_update()
        return await self._database.change(delete(sessions).where(sessions.c.id.in_(which)), {})

    async def purge_sessions(self, now: datetime, limit: int) -> int:
        """See `SessionStore`."""
        return await self._database.change(_PURGE, {"now": now, "number": limit})


def _data_rows(session_id: str, data: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [{"session_id": session_id, "key": key, "value": data[key]} for key in sorted(data)]


def _part(row: Any) -> tuple[SessionRecord, str | None, bytes]:
    """A session without its data, and a key of it with its value."""
    fields = dict(row._mapping)
    key, value = fields.pop("key"), fields.pop("value")
    return SessionRecord(**fields, data={}), key, value


def _whole(parts: Iterable[tuple[SessionRecord, str | None, bytes]]) -> list[SessionRecord]:
    """Each session of `parts` once, with all its data, in their order."""
    found: dict[str, SessionRecord] = {}
    for part, key, value in parts:
        session = found.setdefault(part.id, part)
        if key is not None:
            session.data[key] = bytes(value)
    return list(found.values())
