"""Logging in with a password for a JSON Web Token that ends after half an hour.

    export NEXIOS_SECRET_KEY=$(uv run nexios secret)
    uv run nexios run examples.jwt_login:app

Then, in another terminal:

    ADA='{"name": "ada", "password": "nine blue herons"}'
    curl -i -d "$ADA" localhost:8000/register                                   # 201
    TOKEN=$(curl -s -d "$ADA" localhost:8000/login)
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/profile            # 200
    curl -i localhost:8000/profile                                              # 401
    curl -i -H "Authorization: Bearer $TOKEN-" localhost:8000/profile           # 401
    curl -i -d '{"name": "ada", "password": "a guess"}' localhost:8000/login    # 400

Passwords are hashed by pwdlib: pip install "pwdlib[argon2]".
"""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import timedelta

from pwdlib import PasswordHash

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, BaseUser, auth, public
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.http.problems import BadRequest

passwords = PasswordHash.recommended()

# Stands for your database: password hashes by name.
HASHES: dict[str, str] = {}
# Verified where there is no such name, so that the answer takes as long and tells nothing.
NOBODY = passwords.hash(secrets.token_urlsafe(32))


class User(BaseUser):
    def __init__(self, identity: str) -> None:
        self.identity = identity

    @classmethod
    async def load_user(cls, identity: str) -> User | None:
        return cls(identity) if identity in HASHES else None


# NEXIOS_SECRET_KEY where it is set, else a secret for this run.
config = MakeConfig.from_env({"NEXIOS_SECRET_KEY": secrets.token_urlsafe(32), **os.environ})
app = NexiosApp(config=config)
app.add_middleware(AuthenticationMiddleware(user_model=User, backend=JWTAuthBackend(identifier="sub")))


@app.post("/register")
@public
async def register(request: Request, response: Response):
    name, password = await read_account(request)
    # Argon2 is slow on purpose: in a thread, so that other requests go on.
    hashed = await asyncio.to_thread(passwords.hash, password)
    if HASHES.setdefault(name, hashed) is not hashed:
        raise BadRequest("The name is taken.")
    return response.json({"name": name}, 201)


@app.post("/login")
@public
async def login(request: Request, response: Response):
    name, password = await read_account(request)
    stored = HASHES.get(name, NOBODY)
    if not await asyncio.to_thread(passwords.verify, password, stored):
        # 400, as of a token endpoint (RFC 6749 5.2): a 401 would have to name a scheme to come back with.
        raise BadRequest("The name or the password is wrong.")
    return create_jwt({"sub": name}, expires_in=timedelta(minutes=30))


@app.get("/profile")
@auth()
async def profile(request: Request, response: Response):
    return {"user_id": request.user.identity, "expires_at": request.credential["exp"]}


async def read_account(request: Request) -> tuple[str, str]:
    match await request.json():
        case {"name": str(name), "password": str(password)} if name and password:
            return name, password
    raise BadRequest("Send a name and a password as JSON.")
