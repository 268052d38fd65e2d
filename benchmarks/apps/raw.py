"""The yardstick: what a competent person writes by hand, an ASGI function with PyJWT and itsdangerous."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal
from urllib.parse import parse_qs

import itsdangerous
import jwt

from benchmarks.world import API_KEYS, FOURTEEN_DAYS, SECRET, UNAUTHORIZED, USERS

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Handler = Callable[[Scope, Send], Awaitable[None]]


async def load_user(identity: str) -> dict[str, str] | None:
    """The user of that identity, as a database would answer."""
    name = USERS.get(identity)
    return {"identity": identity, "name": name} if name is not None else None


async def respond(
    send: Send,
    status: int,
    body: Any,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    content_type: bytes = b"application/json",
) -> None:
    """Answer with `body` as JSON."""
    data = json.dumps(body).encode()
    length = str(len(data)).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", content_type), (b"content-length", length), *headers],
        }
    )
    await send({"type": "http.response.body", "body": data})


async def refuse(send: Send, challenge: bytes) -> None:
    """Answer 401 with a challenge and a problem body."""
    await respond(send, 401, UNAUTHORIZED, ((b"www-authenticate", challenge),), b"application/problem+json")


def header(scope: Scope, name: bytes) -> bytes:
    """The first header of that lower-case name, or nothing."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


async def plain(scope: Scope, send: Send) -> None:
    """Greet anybody."""
    await respond(send, 200, {"message": "Hello, world!"})


async def by_api_key(scope: Scope, send: Send) -> None:
    """Who owns the API key."""
    identity = API_KEYS.get(hashlib.sha256(header(scope, b"x-api-key")).hexdigest())
    user = await load_user(identity) if identity is not None else None
    if user is None:
        return await refuse(send, b"ApiKey")
    return await respond(send, 200, user)


def create_app(
    secret: str = SECRET,
    max_age: int = FOURTEEN_DAYS,
    jwt_key: str = SECRET,
    algorithm: Literal["HS256", "RS256", "ES256", "EdDSA"] = "HS256",
) -> App:
    """The application.

    Args:
        secret: Signs session cookies.
        max_age: How long a session cookie is good for, in seconds.
        jwt_key: Verifies tokens: the secret, or a public key as PEM.
        algorithm: The only one that a token may be signed with.
    """
    signer = itsdangerous.TimestampSigner(secret)

    async def by_jwt(scope: Scope, send: Send) -> None:
        """Who the Bearer token says is asking."""
        scheme, _, token = header(scope, b"authorization").partition(b" ")
        if scheme.lower() != b"bearer":
            return await refuse(send, b"Bearer")
        try:
            claims = jwt.decode(token, jwt_key, algorithms=[algorithm])
        except jwt.InvalidTokenError:
            return await refuse(send, b'Bearer error="invalid_token"')
        user = await load_user(claims["sub"]) if "sub" in claims else None
        if user is None:
            return await refuse(send, b'Bearer error="invalid_token"')
        return await respond(send, 200, user)

    async def by_session(scope: Scope, send: Send) -> None:
        """Who the session cookie says is asking."""
        for part in header(scope, b"cookie").split(b"; "):
            name, _, cookie = part.partition(b"=")
            if name == b"session":
                break
        else:
            return await refuse(send, b"Cookie")
        try:
            session = json.loads(b64decode(signer.unsign(cookie, max_age=max_age)))
        except itsdangerous.BadSignature:
            return await refuse(send, b"Cookie")
        user = await load_user(session["user"]["id"])
        if user is None:
            return await refuse(send, b"Cookie")
        return await respond(send, 200, user)

    async def login(scope: Scope, send: Send) -> None:
        """Begin a session."""
        identity = parse_qs(scope["query_string"].decode())["identity"][0]
        data = signer.sign(b64encode(json.dumps({"user": {"id": identity}}).encode()))
        cookie = b"session=" + data + b"; path=/; Max-Age=%d; httponly; samesite=lax" % max_age
        await respond(send, 200, {"message": "Welcome!"}, ((b"set-cookie", cookie),))

    handlers: dict[tuple[str, str], Handler] = {
        ("GET", "/plain"): plain,
        ("GET", "/jwt"): by_jwt,
        ("GET", "/session"): by_session,
        ("GET", "/apikey"): by_api_key,
        ("POST", "/login"): login,
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            return await send({"type": "lifespan.shutdown.complete"})
        handler = handlers.get((scope["method"], scope["path"]))
        if handler is None:
            return await respond(send, 404, {"message": "Not found"})
        return await handler(scope, send)

    return app


app = create_app()
