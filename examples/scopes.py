"""Several backends in one application, and routes that take only some of them.

    uv run nexios run examples.scopes:app

Then, in another terminal:

    curl -s -c cookies.txt -X POST localhost:8000/guests > guest.txt
    TOKEN=$(sed -n 1p guest.txt)
    KEY=$(sed -n 2p guest.txt)
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/tokens-only           # 200
    curl -i -b cookies.txt localhost:8000/tokens-only                              # 401
    curl -i -b cookies.txt localhost:8000/people                                   # 200
    curl -i -H "X-API-Key: $KEY" localhost:8000/people                             # 401
    curl -i -H "X-API-Key: $KEY" localhost:8000/anyone                             # 200
    curl -i -H "Authorization: Bearer wrong" localhost:8000/anyone                 # 401
    curl -i localhost:8000/anyone                                                  # 401
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, BaseUser, auth, public
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, hash_key
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.session import SessionMiddleware


class Guest(BaseUser):
    def __init__(self, identity: str) -> None:
        self.identity = identity

    @classmethod
    async def load_user(cls, identity: str) -> Guest | None:
        # Tokens and sessions name the guest; an API key comes as itself and is known by its hash.
        return GUESTS.get(KEY_OWNERS.get(hash_key(identity), identity))


# Stand for your database.
GUESTS: dict[str, Guest] = {}
KEY_OWNERS: dict[str, str] = {}

app = NexiosApp(config=MakeConfig(secret_key=secrets.token_urlsafe(32)))
app.add_middleware(SessionMiddleware())
app.add_middleware(
    AuthenticationMiddleware(
        user_model=Guest, backends=[JWTAuthBackend(), SessionAuthBackend(), APIKeyAuthBackend()]
    )
)


@app.post("/guests")
@public
async def welcome(request: Request, response: Response):
    """Make a guest with one credential of each kind: a token, an API key, and a session's cookie."""
    guest = Guest(f"guest-{secrets.token_hex(4)}")
    GUESTS[guest.identity] = guest
    key, hashed = create_api_key()
    KEY_OWNERS[hashed] = guest.identity
    login(request, guest)
    token = create_jwt({"id": guest.identity}, expires_in=timedelta(minutes=30))
    return f"{token}\n{key}\n"


@app.get("/tokens-only")
@auth(scope="jwt")
async def tokens_only(request: Request, response: Response):
    return {"guest": request.user.identity, "by": request.scope["auth"]}


@app.get("/people")
@auth(scopes=["jwt", "session"])
async def people(request: Request, response: Response):
    return {"guest": request.user.identity, "by": request.scope["auth"]}


@app.get("/anyone")
@auth()
async def anyone(request: Request, response: Response):
    return {"guest": request.user.identity, "by": request.scope["auth"]}
