"""Refresh tokens in Redis: a hash each, and one for each family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.stores.names import check_names
from nexios.stores.records import RefreshRecord, TokenFamily
from nexios.stores.redis.values import from_bytes, from_moment, pairs, to_bytes, to_milliseconds, to_moment

if TYPE_CHECKING:
    from datetime import datetime

    from nexios.stores.redis.server import Server

__all__ = ["RedisTokens"]

# `family:<id>` and `refresh:<hash>` are hashes; `subject:<subject>` the families by the millisecond in which
# each is over. A token is kept as long as its family: a second use must be known as one.
_PRELUDE = """
local prefix = ARGV[1]
local function family_key(id) return prefix .. 'family:' .. id end
local function refresh_key(hash) return prefix .. 'refresh:' .. hash end
local function subject_key(subject) return prefix .. 'subject:' .. subject end
"""
_ADD_FAMILY = (
    _PRELUDE
    + """
local id, hash, over, subject, fields = ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
if redis.call('EXISTS', family_key(id), refresh_key(hash)) > 0 then return -1 end
redis.call('HSET', family_key(id), 'over', over, unpack(ARGV, 7, 6 + fields))
redis.call('HSET', refresh_key(hash), unpack(ARGV, 7 + fields))
local time = redis.call('TIME')
local index = subject_key(subject)
redis.call('ZREMRANGEBYSCORE', index, '-inf', time[1] * 1000)
redis.call('ZADD', index, over, id)
redis.call('PEXPIREAT', index, redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')[2])
redis.call('PEXPIREAT', refresh_key(hash), over)
redis.call('PEXPIREAT', family_key(id), over)
return 1
"""
)
_FIND = (
    _PRELUDE
    + """
local token = redis.call('HGETALL', refresh_key(ARGV[2]))
if #token == 0 then return {} end
local family = redis.call('HGETALL', family_key(redis.call('HGET', refresh_key(ARGV[2]), 'family')))
if #family == 0 then return {} end
if ARGV[3] ~= '' then redis.call('HSETNX', refresh_key(ARGV[2]), 'used_at', ARGV[3]) end
return {token, family}
"""
)
_ADD_REFRESH = (
    _PRELUDE
    + """
local family = redis.call('HMGET', family_key(ARGV[2]), 'over', 'ended_at')
if not family[1] or family[2] then return 0 end
if redis.call('EXISTS', refresh_key(ARGV[3])) > 0 then return -1 end
redis.call('HSET', refresh_key(ARGV[3]), unpack(ARGV, 4))
redis.call('PEXPIREAT', refresh_key(ARGV[3]), family[1])
return 1
"""
)
_END = (
    _PRELUDE
    + """
if redis.call('EXISTS', family_key(ARGV[2])) == 0 then return 0 end
redis.call('HSETNX', family_key(ARGV[2]), 'ended_at', ARGV[3])
return 1
"""
)
_END_ALL = (
    _PRELUDE
    + """
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', subject_key(ARGV[2]), 0, -1)) do
    if redis.call('EXISTS', family_key(id)) == 1 then
        ended = ended + redis.call('HSETNX', family_key(id), 'ended_at', ARGV[3])
    end
end
return ended
"""
)


class RedisTokens:
    """`TokenStore` in Redis."""

    _server: Server
    _prefix: bytes

    async def add_family(self, family: TokenFamily, first: RefreshRecord) -> None:
        """See `TokenStore`."""
        check_names(family.id, family.subject, first.token_hash)
        fields = _family_fields(family)
        names = (to_bytes(family.id), to_bytes(first.token_hash))
        over = to_milliseconds(family.expires_at)
        done = await self._run(
            _ADD_FAMILY, *names, over, to_bytes(family.subject), len(fields), *fields, *_token_fields(first)
        )
        if done == -1:
            raise ValueError("a family of this id or token is kept already")

    async def use_refresh(self, token_hash: str, now: datetime) -> tuple[RefreshRecord, TokenFamily] | None:
        """See `TokenStore`."""
        return _pair(token_hash, await self._run(_FIND, to_bytes(token_hash), from_moment(now)))

    async def add_refresh(self, token: RefreshRecord) -> bool:
        """See `TokenStore`."""
        check_names(token.token_hash)
        names = [to_bytes(token.family), to_bytes(token.token_hash)]
        done = await self._run(_ADD_REFRESH, *names, *_token_fields(token))
        if done == -1:
            raise ValueError("a token of this hash is kept already")
        return bool(done == 1)

    async def find_refresh(self, token_hash: str) -> tuple[RefreshRecord, TokenFamily] | None:
        """See `TokenStore`."""
        return _pair(token_hash, await self._run(_FIND, to_bytes(token_hash), b""))

    async def end_family(self, family_id: str, at: datetime) -> bool:
        """See `TokenStore`."""
        return bool(await self._run(_END, to_bytes(family_id), from_moment(at)))

    async def end_families(self, subject: str, at: datetime) -> int:
        """See `TokenStore`."""
        return int(await self._run(_END_ALL, to_bytes(subject), from_moment(at)))

    async def purge_tokens(self, now: datetime, limit: int) -> int:
        """Do nothing: what is over expires by itself, by the server's clock."""
        return 0

    async def _run(self, script: str, *arguments: bytes | int) -> Any:
        return await self._server.run(script, (self._prefix, *arguments))


def _token_fields(token: RefreshRecord) -> list[bytes]:
    flat = [b"family", to_bytes(token.family), b"expires_at", from_moment(token.expires_at)]
    return flat if token.used_at is None else [*flat, b"used_at", from_moment(token.used_at)]


def _family_fields(family: TokenFamily) -> list[bytes]:
    flat = [b"claims", family.claims]
    for name in ("id", "subject", "client", "scope"):
        text = getattr(family, name)
        if text is not None:
            flat += (name.encode(), to_bytes(text))
    for name in ("created_at", "expires_at", "ended_at"):
        moment = getattr(family, name)
        if moment is not None:
            flat += (name.encode(), from_moment(moment))
    return flat


def _pair(token_hash: str, found: list[list[bytes]]) -> tuple[RefreshRecord, TokenFamily] | None:
    if not found:
        return None
    token, family = pairs(found[0]), pairs(found[1])
    client, scope = family.get(b"client"), family.get(b"scope")
    used, ended = token.get(b"used_at"), family.get(b"ended_at")
    return (
        RefreshRecord(
            token_hash=token_hash,
            family=from_bytes(token[b"family"]),
            expires_at=to_moment(token[b"expires_at"]),
            used_at=None if used is None else to_moment(used),
        ),
        TokenFamily(
            id=from_bytes(family[b"id"]),
            subject=from_bytes(family[b"subject"]),
            client=None if client is None else from_bytes(client),
            scope=None if scope is None else from_bytes(scope),
            claims=family[b"claims"],
            created_at=to_moment(family[b"created_at"]),
            expires_at=to_moment(family[b"expires_at"]),
            ended_at=None if ended is None else to_moment(ended),
        ),
    )
