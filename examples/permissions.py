"""Permissions: who is known may still not do everything.

    uv run nexios run examples.permissions:app

Then, in another terminal. Whoever signs up first is the administrator:

    ADMIN=$(curl -s -X POST localhost:8000/members/ada)
    READER=$(curl -s -X POST localhost:8000/members/bob)
    curl -i -H "Authorization: Bearer $ADMIN" localhost:8000/admin                           # 200
    curl -i -H "Authorization: Bearer $READER" localhost:8000/admin                          # 403
    curl -i localhost:8000/admin                                                             # 401
    curl -i -H "Authorization: Bearer wrong" localhost:8000/admin                            # 401

A permission that is given counts from the next request on, with the same token:

    curl -i -X POST -H "Authorization: Bearer $READER" localhost:8000/notes                  # 403
    curl -i -X PUT -H "Authorization: Bearer $ADMIN" localhost:8000/members/bob/write        # 204
    curl -i -X POST -H "Authorization: Bearer $READER" localhost:8000/notes                  # 201
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.exceptions import HTTPException

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, BaseUser, has_permission, public
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt


@dataclass
class Member(BaseUser):
    identity: str
    permissions: set[str] = field(default_factory=set)

    @classmethod
    async def load_user(cls, identity: str) -> Member | None:
        return MEMBERS.get(identity)

    def has_permission(self, permission: str) -> bool:
        return "admin" in self.permissions or permission in self.permissions


# Stands for your database.
MEMBERS: dict[str, Member] = {}

app = NexiosApp(config=MakeConfig(secret_key=secrets.token_urlsafe(32)))
app.add_middleware(AuthenticationMiddleware(user_model=Member, backend=JWTAuthBackend()))


@app.post("/members/{name}")
@public
async def sign_up(request: Request, response: Response, name: str):
    if name in MEMBERS:
        raise HTTPException(409, "The name is taken.")
    MEMBERS[name] = Member(name, {"read"} if MEMBERS else {"admin"})
    return create_jwt({"id": name}, expires_in=timedelta(minutes=30))


@app.put("/members/{name}/{permission}")
@has_permission("admin")
async def permit(request: Request, response: Response, name: str, permission: str):
    if name not in MEMBERS:
        raise HTTPException(404, "There is no such member.")
    MEMBERS[name].permissions.add(permission)


@app.get("/admin")
@has_permission("admin")
async def admin(request: Request, response: Response):
    return {"members": sorted(MEMBERS)}


@app.post("/notes")
@has_permission(permissions=["read", "write"])
async def write_note(request: Request, response: Response):
    return response.json({"author": request.user.identity}, 201)
