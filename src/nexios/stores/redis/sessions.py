"""Sessions in Redis: a hash each, with a field for each key of the session, so that no change is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.stores.names import check_names
from nexios.stores.records import SessionRecord
from nexios.stores.redis.values import from_bytes, from_moment, pairs, to_bytes, to_milliseconds, to_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from nexios.stores.redis.server import Server

__all__ = ["RedisSessions"]

# `session:<id>` is the hash: `m:` before what is known of the session, `d:` before its keys. `secret:<hash>`
# is the id, and `identity:<identity>` the ids by the millisecond in which each is over.
_PRELUDE = """
local prefix = ARGV[1]
local function session_key(id) return prefix .. 'session:' .. id end
local function secret_key(hash) return prefix .. 'secret:' .. hash end
local function index_key(identity) return prefix .. 'identity:' .. identity end
local function now() local time = redis.call('TIME') return time[1] * 1000 + math.floor(time[2] / 1000) end

local function index(identity, id, over)
    local key = index_key(identity)
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now())
    redis.call('ZADD', key, over, id)
    redis.call('PEXPIREAT', key, redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2])
end

local function finish(id)
    local known = redis.call('HMGET', session_key(id), 'm:secret_hash', 'm:identity')
    if not known[1] then return 0 end
    redis.call('DEL', session_key(id), secret_key(known[1]))
    if known[2] then redis.call('ZREM', index_key(known[2]), id) end
    return 1
end
"""
_ADD = (
    _PRELUDE
    + """
local id, hash, over, identity = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('EXISTS', session_key(id), secret_key(hash)) > 0 then return -1 end
redis.call('HSET', session_key(id), 'm:over', over)
for number = 6, #ARGV, 2 do redis.call('HSET', session_key(id), ARGV[number], ARGV[number + 1]) end
redis.call('SET', secret_key(hash), id)
redis.call('PEXPIREAT', secret_key(hash), over)
redis.call('PEXPIREAT', session_key(id), over)
if identity ~= '' then index(string.sub(identity, 2), id, over) end
return 1
"""
)
_FIND = (
    _PRELUDE
    + """
local id = redis.call('GET', secret_key(ARGV[2]))
if not id then return {} end
return redis.call('HGETALL', session_key(id))
"""
)
_GET = _PRELUDE + "return redis.call('HGETALL', session_key(ARGV[2]))"
_CHANGE = (
    _PRELUDE
    + """
local id, secret, before, identity, deleted = ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local key = session_key(id)
local known = redis.call('HMGET', key, 'm:secret_hash', 'm:identity', 'm:over')
if not known[1] or (before ~= '' and before ~= known[1]) then return 0 end
if secret ~= '' and secret ~= known[1] then
    if redis.call('EXISTS', secret_key(secret)) > 0 then return -1 end
    redis.call('DEL', secret_key(known[1]))
    redis.call('SET', secret_key(secret), id)
    redis.call('PEXPIREAT', secret_key(secret), known[3])
    redis.call('HSET', key, 'm:secret_hash', secret)
end
if identity ~= '' then
    identity = string.sub(identity, 2)
    if known[2] then redis.call('ZREM', index_key(known[2]), id) end
    redis.call('HSET', key, 'm:identity', identity)
    index(identity, id, known[3])
end
for number = 7, 6 + deleted do redis.call('HDEL', key, ARGV[number]) end
for number = 7 + deleted, #ARGV, 2 do redis.call('HSET', key, ARGV[number], ARGV[number + 1]) end
return 1
"""
)
_TOUCH = (
    _PRELUDE
    + """
local id, seen, idle, idle_ms = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local key = session_key(id)
local known = redis.call('HMGET', key, 'm:last_seen_at', 'm:secret_hash', 'm:identity', 'm:expires_ms')
if not known[1] then return 0 end
if tonumber(seen) <= tonumber(known[1]) then return 1 end
local over = known[4]
redis.call('HSET', key, 'm:last_seen_at', seen)
if idle == '' then
    redis.call('HDEL', key, 'm:idle_until')
else
    redis.call('HSET', key, 'm:idle_until', idle)
    if tonumber(idle_ms) < tonumber(over) then over = idle_ms end
end
redis.call('HSET', key, 'm:over', over)
redis.call('PEXPIREAT', secret_key(known[2]), over)
if known[3] then index(known[3], id, over) end
redis.call('PEXPIREAT', key, over)
return 1
"""
)
_LIST = (
    _PRELUDE
    + """
local key = index_key(ARGV[2])
redis.call('ZREMRANGEBYSCORE', key, '-inf', now())
local found = {}
for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    local session = redis.call('HGETALL', session_key(id))
    if #session > 0 then found[#found + 1] = session end
end
return found
"""
)
_END = _PRELUDE + "return finish(ARGV[2])"
_END_ALL = (
    _PRELUDE
    + """
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', index_key(ARGV[2]), 0, -1)) do
    if id ~= ARGV[3] then ended = ended + finish(id) end
end
return ended
"""
)
_MOMENTS = ("created_at", "last_seen_at", "expires_at", "idle_until")
_TEXTS = ("id", "secret_hash", "identity", "address", "user_agent")


class RedisSessions:
    """`SessionStore` in Redis."""

    _server: Server
    _prefix: bytes

    async def add_session(self, session: SessionRecord) -> None:
        """See `SessionStore`."""
        check_names(session.id, session.secret_hash, session.identity, *session.data)
        over = min(session.expires_at, session.idle_until or session.expires_at)
        names = (to_bytes(session.id), to_bytes(session.secret_hash))
        fields = _fields(session)
        if await self._on(_ADD, *names, to_milliseconds(over), _optional(session.identity), *fields) == -1:
            raise ValueError("a session of this id or secret is kept already")

    async def find_session(self, secret_hash: str) -> SessionRecord | None:
        """See `SessionStore`."""
        return _session(await self._on(_FIND, to_bytes(secret_hash)))

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
        deleted = [b"d:" + to_bytes(key) for key, value in changes.items() if value is None]
        kept: list[bytes] = []
        for key, value in changes.items():
            if value is not None:
                kept += (b"d:" + to_bytes(key), value)
        secrets = (to_bytes(secret_hash or ""), to_bytes(in_place_of or ""))
        names = (to_bytes(session_id), *secrets, _optional(identity))
        done = await self._on(_CHANGE, *names, len(deleted), *deleted, *kept)
        if done == -1:
            raise ValueError("a session of this secret is kept already")
        return bool(done == 1)

    async def touch_session(self, session_id: str, seen_at: datetime, idle_until: datetime | None) -> bool:
        """See `SessionStore`."""
        idle: list[bytes | int] = [b"", b""]
        if idle_until is not None:
            idle = [from_moment(idle_until), to_milliseconds(idle_until)]
        return bool(await self._on(_TOUCH, to_bytes(session_id), from_moment(seen_at), *idle))

    async def get_session(self, session_id: str) -> SessionRecord | None:
        """See `SessionStore`."""
        return _session(await self._on(_GET, to_bytes(session_id)))

    async def list_sessions(self, identity: str, *, limit: int = 1000) -> list[SessionRecord]:
        """See `SessionStore`."""
        found = [session for raw in await self._on(_LIST, to_bytes(identity)) if (session := _session(raw))]
        found.sort(key=lambda session: session.id)
        found.sort(key=lambda session: session.last_seen_at, reverse=True)
        return found[:limit]

    async def end_session(self, session_id: str) -> bool:
        """See `SessionStore`."""
        return bool(await self._on(_END, to_bytes(session_id)))

    async def end_sessions(self, identity: str, keep: str | None = None) -> int:
        """See `SessionStore`."""
        return int(await self._on(_END_ALL, to_bytes(identity), to_bytes(keep or "")))

    async def purge_sessions(self, now: datetime, limit: int) -> int:
        """Do nothing: what is over expires by itself, by the server's clock."""
        return 0

    async def _on(self, script: str, *arguments: bytes | int) -> Any:
        return await self._server.run(script, (self._prefix, *arguments))


def _optional(text: str | None) -> bytes:
    """Nothing for None, and for a text, be it empty, a letter before it."""
    return b"" if text is None else b"=" + to_bytes(text)


def _fields(session: SessionRecord) -> list[bytes]:
    flat = [b"m:expires_ms", b"%d" % to_milliseconds(session.expires_at)]
    for name in _TEXTS:
        text = getattr(session, name)
        if text is not None:
            flat += (b"m:" + name.encode(), to_bytes(text))
    for name in _MOMENTS:
        moment = getattr(session, name)
        if moment is not None:
            flat += (b"m:" + name.encode(), from_moment(moment))
    for key, value in session.data.items():
        flat += (b"d:" + to_bytes(key), value)
    return flat


def _session(flat: list[bytes]) -> SessionRecord | None:
    if not flat:
        return None
    fields = pairs(flat)
    known: dict[str, Any] = dict.fromkeys(("identity", "idle_until", "address", "user_agent"))
    for names, read in ((_TEXTS, from_bytes), (_MOMENTS, to_moment)):
        for name in names:
            raw = fields.get(b"m:" + name.encode())
            if raw is not None:
                known[name] = read(raw)
    data = {from_bytes(field[2:]): value for field, value in fields.items() if field.startswith(b"d:")}
    return SessionRecord(**known, data=data)
