"""A backend of one's own: HTTP Basic (RFC 7617), as `curl -u` and every browser speak it.

    uv run nexios run examples.custom_backend:app

Then, in another terminal:

    curl -i -d '{"name": "ada", "password": "nine blue herons"}' localhost:8000/register    # 201
    curl -i -u "ada:nine blue herons" localhost:8000/report                                 # 200
    curl -i localhost:8000/report                                                           # 401
    curl -i -u "ada:a guess" localhost:8000/report                                          # 401

Passwords are hashed by pwdlib: pip install "pwdlib[argon2]".
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets

from pwdlib import PasswordHash

from nexios import NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult, BaseUser, auth, public
from nexios.auth.backends.base import AuthenticationBackend
from nexios.http.problems import BadRequest

passwords = PasswordHash.recommended()

# Stands for your database: password hashes by name.
HASHES: dict[str, str] = {}
# Verified where there is no such name, so that the answer takes as long and tells nothing.
NOBODY = passwords.hash(secrets.token_urlsafe(32))


class BasicAuthBackend(AuthenticationBackend):
    """Reads a name and a password from `Authorization: Basic ...`."""

    scope = "basic"  # what @auth(scope="basic") asks for
    scheme = "Basic"  # what the challenge of a 401 names: a browser opens its login window
    headers = frozenset({b"authorization"})  # a request without this header costs nothing

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        scheme, _, encoded = request.headers["Authorization"].partition(" ")
        if scheme.lower() != "basic":
            return None  # not ours: the next backend may know it
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return AuthResult(success=False, identity="", scope="basic")
        stored = HASHES.get(name, NOBODY)
        # Argon2 is slow on purpose: in a thread, so that other requests go on.
        if not await asyncio.to_thread(passwords.verify, password, stored):
            return AuthResult(success=False, identity="", scope="basic")
        # What is set here reaches the client whatever the handler returns.
        response.set_header("Cache-Control", "no-store")
        return AuthResult(success=True, identity=name, scope="basic")


class User(BaseUser):
    def __init__(self, identity: str) -> None:
        self.identity = identity

    @classmethod
    async def load_user(cls, identity: str) -> User | None:
        return cls(identity) if identity in HASHES else None


app = NexiosApp()
app.add_middleware(AuthenticationMiddleware(user_model=User, backend=BasicAuthBackend()))


@app.post("/register")
@public
async def register(request: Request, response: Response):
    match await request.json():
        case {"name": str(name), "password": str(password)} if name and ":" not in name and password:
            hashed = await asyncio.to_thread(passwords.hash, password)
            if HASHES.setdefault(name, hashed) is not hashed:
                raise BadRequest("The name is taken.")
            return response.json({"name": name}, 201)
    raise BadRequest("Send a name, which has no colon, and a password as JSON.")


@app.get("/report")
@auth(scope="basic")
async def report(request: Request, response: Response):
    return {"reader": request.user.identity, "backend": request.scope["auth"]}
