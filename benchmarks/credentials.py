"""Tokens and cookies, good and bad. Minted here and by no application's own code."""

from __future__ import annotations

import hmac
import itertools
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

from benchmarks.asgi import Wire, ask
from benchmarks.candidates import ASGIApp
from benchmarks.world import IDENTITY, SECRET, USERS

_IDENTITIES = list(USERS)
_numbers = itertools.count()


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def claims(identity: str = IDENTITY, lifetime: float = 3600) -> dict[str, Any]:
    """The claims of one access token: few, since each more would cost PyJWT more than it costs Nexios."""
    now = int(time.time())
    return {"sub": identity, "iat": now, "exp": now + int(lifetime)}


_HS256 = _encode(b'{"alg":"HS256","typ":"JWT"}') + b"."


def token(identity: str = IDENTITY, *, lifetime: float = 3600, secret: str = SECRET) -> bytes:
    """A compact token signed with HS256. `lifetime` is in seconds and may be negative."""
    signed = _HS256 + _encode(json.dumps(claims(identity, lifetime), separators=(",", ":")).encode())
    return signed + b"." + _encode(hmac.digest(secret.encode(), signed, "sha256"))


def fresh_tokens(count: int) -> list[bytes]:
    """That many tokens that nobody has seen: each user in turn, and a later expiry after each turn."""
    found = []
    for number in itertools.islice(_numbers, count):
        turn, user = divmod(number, len(_IDENTITIES))
        found.append(token(_IDENTITIES[user], lifetime=3600 + turn))
    return found


def unsigned_token() -> bytes:
    """A token that says `alg: none` and carries no signature."""
    body = _encode(json.dumps(claims()).encode())
    return _encode(b'{"alg":"none","typ":"JWT"}') + b"." + body + b"."


def tampered(credential: bytes, part: int, separator: bytes = b".") -> bytes:
    """The credential with one character in the middle of one of its parts changed."""
    parts = credential.split(separator)
    middle = len(parts[part]) // 2
    old = parts[part][middle : middle + 1]
    parts[part] = parts[part][:middle] + (b"A" if old != b"A" else b"B") + parts[part][middle + 1 :]
    return separator.join(parts)


def other_identity(credential: bytes) -> bytes:
    """A good token's header and signature around claims for another user."""
    header, _, signature = credential.split(b".")
    return b".".join((header, _encode(json.dumps(claims("1")).encode()), signature))


async def session_cookie(app: ASGIApp, identity: str = IDENTITY) -> bytes:
    """The value of the session cookie that the application sets at login."""
    answer = await ask(app, Wire("POST", "/login", query=f"identity={identity}"))
    return cookie_value(answer.header(b"set-cookie"), answer.status)


def cookie_value(header: bytes | None, status: int) -> bytes:
    """The value in a `Set-Cookie: session=…`."""
    if header is None or not header.startswith(b"session="):
        raise RuntimeError(f"POST /login set no session cookie, status {status}")
    return header.split(b";")[0].removeprefix(b"session=").strip(b'"')
