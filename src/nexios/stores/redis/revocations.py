"""Revocations in Redis: a number for each change, and a value that expires by itself."""

from __future__ import annotations

import hashlib
import secrets
from itertools import islice
from typing import TYPE_CHECKING, Any

from nexios.stores.names import check_names
from nexios.stores.records import Revocation
from nexios.stores.redis.values import from_bytes, from_moment, to_bytes, to_milliseconds, to_moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nexios.stores.redis.server import Server

__all__ = ["RedisRevocations"]

# `revoked:<kind>` are the ids by the number of the change, `revoked-until:<kind>` the same ids by the
# millisecond after which nobody needs it, and `revocation:<length of the kind>:<kind>:<id>` the values.
_PRELUDE = """
local prefix = ARGV[1]
local function value_key(kind, id) return prefix .. 'revocation:' .. #kind .. ':' .. kind .. ':' .. id end
local function changes_key(kind) return prefix .. 'revoked:' .. kind end
local function until_key(kind) return prefix .. 'revoked-until:' .. kind end
local counter, epoch = prefix .. 'revocations', prefix .. 'revocations-epoch'
"""
_REVOKE = (
    _PRELUDE
    + """
-- A server that was emptied counts from the start: a new name of its count tells those who stand further on.
if redis.call('EXISTS', counter) == 0 then redis.call('SET', epoch, ARGV[2]) end
local time = redis.call('TIME')
for number = 3, #ARGV, 5 do
    local kind, id, at, ends, ms = unpack(ARGV, number, number + 4)
    local known = redis.call('GET', value_key(kind, id))
    if known then
        local known_at, known_ends, known_ms = string.match(known, '^(-?%d+) (-?%d+) (-?%d+)$')
        if tonumber(known_at) > tonumber(at) then at = known_at end
        if tonumber(known_ends) > tonumber(ends) then ends, ms = known_ends, known_ms end
    end
    redis.call('SET', value_key(kind, id), at .. ' ' .. ends .. ' ' .. ms)
    redis.call('ZADD', changes_key(kind), redis.call('INCR', counter), id)
    redis.call('ZADD', until_key(kind), ms, id)
    -- What has expired goes as new ones come, a few at a time.
    local expired = redis.call('ZRANGEBYSCORE', until_key(kind), '-inf', time[1] * 1000, 'LIMIT', 0, 10)
    for _, old in ipairs(expired) do
        redis.call('ZREM', until_key(kind), old)
        redis.call('ZREM', changes_key(kind), old)
    end
    local last = redis.call('ZRANGE', until_key(kind), -1, -1, 'WITHSCORES')[2]
    if last then
        redis.call('PEXPIREAT', until_key(kind), last)
        redis.call('PEXPIREAT', changes_key(kind), last)
    end
    redis.call('PEXPIREAT', value_key(kind, id), ms)
end
return 1
"""
)
_SINCE = (
    _PRELUDE
    + """
local kind, since, limit = ARGV[2], ARGV[4], tonumber(ARGV[5])
local count = redis.call('GET', counter) or '0'
local name = redis.call('GET', epoch) or ''
if name ~= ARGV[3] then since = '0' end
local first, key = '(' .. since, changes_key(kind)
local ids = redis.call('ZRANGEBYSCORE', key, first, '+inf', 'WITHSCORES', 'LIMIT', 0, limit + 1)
local found, more = {}, 0
for number = 1, #ids, 2 do
    if number > 2 * limit then
        more = 1
        count = ids[number - 1]
        break
    end
    local value = redis.call('GET', value_key(kind, ids[number]))
    if value then found[#found + 1] = {ids[number], value} end
end
return {name, count, more, found}
"""
)
_FIRST = "return redis.call('SET', ARGV[1] .. 'seen:' .. ARGV[2], 1, 'NX', 'PXAT', ARGV[3]) and 1 or 0"
# What one script does; others wait for it.
_BATCH = 100


class RedisRevocations:
    """`RevocationStore` in Redis."""

    _server: Server
    _prefix: bytes

    async def revoke(self, revocations: Sequence[Revocation]) -> None:
        """See `RevocationStore`."""
        for each in revocations:
            check_names(each.kind, each.id)
        left = iter(revocations)
        while batch := list(islice(left, _BATCH)):
            flat: list[bytes | int] = [self._prefix, secrets.token_hex(8).encode()]
            for each in batch:
                flat += (to_bytes(each.kind), to_bytes(each.id), from_moment(each.at))
                flat += (from_moment(each.until), to_milliseconds(each.until))
            await self._server.run(_REVOKE, flat)

    async def revoked_since(
        self, kind: str, cursor: str | None, limit: int
    ) -> tuple[list[Revocation], str, bool]:
        """See `RevocationStore`."""
        epoch, _, since = (cursor or ":0").partition(":")
        asked = (self._prefix, to_bytes(kind), to_bytes(epoch), int(since), limit)
        name, count, more, found = await self._server.run(_SINCE, asked)
        new = [_revocation(kind, *each) for each in found]
        return new, f"{from_bytes(name)}:{int(count)}", bool(more)

    async def first_seen(self, kind: str, value: str, until: datetime) -> bool:
        """See `RevocationStore`."""
        check_names(kind)
        named = to_bytes(kind) + b":" + hashlib.sha256(to_bytes(value)).hexdigest().encode()
        return bool(await self._server.run(_FIRST, (self._prefix, named, to_milliseconds(until))))

    async def purge_revocations(self, now: datetime, limit: int) -> int:
        """Do nothing: what is over expires by itself, by the server's clock."""
        return 0


def _revocation(kind: str, name: bytes, value: bytes) -> Any:
    at, until, _ = value.split(b" ")
    return Revocation(kind=kind, id=from_bytes(name), at=to_moment(at), until=to_moment(until))
