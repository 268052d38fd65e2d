"""A user model of one's own: `load_user` turns the identity in a credential into your user.

    uv run nexios run examples.user_model:app

Then, in another terminal:

    TOKEN=$(curl -s -d '{"display_name": "Ada"}' localhost:8000/users)
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/profile             # 200
    curl -i localhost:8000/profile                                               # 401
    curl -i -H "Authorization: Bearer wrong" localhost:8000/profile              # 401

An account that is gone takes its tokens with it, for `load_user` finds nobody:

    curl -i -X DELETE -H "Authorization: Bearer $TOKEN" localhost:8000/profile   # 204
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/profile             # 401
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, BaseUser, auth, public
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.http.problems import BadRequest


@dataclass
class User(BaseUser):
    identity: str
    display_name: str
    last_login_ip: str

    @classmethod
    async def load_user(cls, identity: str) -> User | None:
        return USERS.get(identity)


# Stands for your database.
USERS: dict[str, User] = {}

app = NexiosApp(config=MakeConfig(secret_key=secrets.token_urlsafe(32)))
app.add_middleware(AuthenticationMiddleware(user_model=User, backend=JWTAuthBackend()))


@app.post("/users")
@public
async def sign_up(request: Request, response: Response):
    """Make an account, and answer with its token."""
    match await request.json():
        case {"display_name": str(name)} if name:
            user = User(secrets.token_hex(8), name, request.client.host if request.client else "")
            USERS[user.identity] = user
            return create_jwt({"id": user.identity}, expires_in=timedelta(minutes=30))
    raise BadRequest("Send a display_name as JSON.")


@app.get("/profile")
@auth()
async def profile(request: Request, response: Response):
    user: User = request.user
    return {"id": user.identity, "name": user.display_name, "last_login_ip": user.last_login_ip}


@app.delete("/profile")
@auth()
async def delete_account(request: Request, response: Response):
    del USERS[request.user.identity]
