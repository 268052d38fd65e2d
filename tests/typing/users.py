"""What mypy says of users, backends and guards; read by it, never run."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_type

from nexios import NexiosApp, Request, Response
from nexios.auth import (
    AuthenticationMiddleware,
    AuthResult,
    BaseUser,
    SimpleUser,
    UnauthenticatedUser,
    auth,
    has_permission,
    public,
)
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, verify_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.auth.backends.session import SessionAuthBackend, login, logout

app = NexiosApp()


class Plain(BaseUser):
    def __init__(self, identity: str) -> None:
        self.identity = identity

    @classmethod
    async def load_user(cls, identity: str) -> Plain | None:
        return cls(identity)


@dataclass
class Data(BaseUser):
    identity: str
    display_name: str

    async def has_permission(self, permission: str) -> bool:
        return permission == "read"

    @classmethod
    async def load_user(cls, identity: str) -> Data | None:
        return None


class Wrong(BaseUser):
    @classmethod
    async def load_user(cls, identity: int) -> None:  # type: ignore[override]
        return None


assert_type(Plain("7").identity, str)
assert_type(Plain("7").display_name, str)
assert_type(SimpleUser("7", permissions=["read"]).permissions, frozenset[str])
assert_type(SimpleUser("7").has_permission("read"), bool | Awaitable[bool])
assert_type(UnauthenticatedUser().has_permission("read"), bool)
SimpleUser(7)  # type: ignore[arg-type]


class Backend(AuthenticationBackend):
    scope = "own"

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        response.set_header("x-seen", "1")
        return AuthResult(True, "7", "own", permissions={"read"}, credential=object())


class NotAsync(AuthenticationBackend):
    def authenticate(self, request: Request, response: Response) -> None:  # type: ignore[override]
        return None


AuthenticationMiddleware(user_model=Plain, backend=JWTAuthBackend(identifier="sub"))
AuthenticationMiddleware(user_model=Data, backends=[Backend(), SessionAuthBackend(), APIKeyAuthBackend()])
AuthenticationMiddleware(backend=Backend())  # type: ignore[call-arg]
AuthenticationMiddleware(Plain, Backend())  # type: ignore[call-arg]
AuthenticationMiddleware(user_model=Plain("7"), backend=Backend())  # type: ignore[arg-type]
AuthenticationMiddleware(user_model=dict, backend=Backend())  # type: ignore[arg-type]
AuthenticationMiddleware(user_model=Plain, backend=JWTAuthBackend)  # type: ignore[arg-type]
AuthenticationMiddleware(user_model=Plain, backend="jwt")  # type: ignore[arg-type]


@app.get("/guarded")
@auth(scopes=["jwt", "session"])
@has_permission("read")
async def guarded(request: Request, response: Response) -> dict[str, Any]:
    return {"user": request.user.identity}


@app.get("/public")
@public
def opened(request: Request, response: Response) -> str:
    return "open"


async def use(request: Request, response: Response) -> None:
    # A guard keeps the type of what it guards.
    assert_type(await guarded(request, response), dict[str, Any])
    assert_type(opened(request, response), str)
    await guarded(request)  # type: ignore[call-arg]
    login(request, Plain("7"))
    login(request, "7")  # type: ignore[arg-type]
    logout(request)


auth("jwt", ["session"])  # type: ignore[call-arg]
auth(scopes=7)  # type: ignore[arg-type]
has_permission(7)  # type: ignore[arg-type]
auth()(7)  # type: ignore[type-var]

result = AuthResult(success=True, identity="7", scope="own")
result.identity = "8"  # type: ignore[misc]
AuthResult(True)  # type: ignore[call-arg]
AuthResult(True, 7, "own")  # type: ignore[arg-type]

assert_type(create_jwt({"id": "7"}, expires_in=timedelta(minutes=5)), str)
assert_type(decode_jwt("x.y.z", secret="x", algorithms=["HS256"]), dict[str, Any])
create_jwt("7")  # type: ignore[arg-type]
create_jwt({"id": "7"}, expires_in="5")  # type: ignore[arg-type]

key, key_hash = create_api_key(prefix="acme")
assert_type(key, str)
assert_type(verify_key(key, key_hash), bool)
