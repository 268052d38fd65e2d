"""Litestar with its JWTAuth, its SessionAuth over an encrypted cookie, and a middleware for API keys.

Each guarded route carries its own middleware, so that a request pays for one kind of credential only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.middleware.session.client_side import ClientSideSessionBackend, CookieBackendConfig
from litestar.security.jwt import JWTAuth, Token
from litestar.security.session_auth import SessionAuth

from benchmarks.world import API_KEYS, FOURTEEN_DAYS, SECRET, UNAUTHORIZED, USERS


@dataclass
class User:
    """A row of the user table."""

    identity: str
    name: str


async def load_user(identity: str | None) -> User | None:
    """The user of that identity, as a database would answer."""
    name = USERS.get(identity) if identity is not None else None
    return User(identity, name) if identity is not None and name is not None else None


async def user_by_token(token: Token, connection: ASGIConnection[Any, Any, Any, Any]) -> User | None:
    return await load_user(token.sub)


async def user_by_session(
    session: dict[str, Any], connection: ASGIConnection[Any, Any, Any, Any]
) -> User | None:
    return await load_user(session.get("user", {}).get("id"))


class APIKeyMiddleware(AbstractAuthenticationMiddleware):
    """Who owns the API key."""

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        key = connection.headers.get("X-API-Key")
        if key is None:
            raise NotAuthorizedException
        user = await load_user(API_KEYS.get(hashlib.sha256(key.encode()).hexdigest()))
        if user is None:
            raise NotAuthorizedException
        return AuthenticationResult(user=user, auth=key)


@get("/plain")
async def plain() -> dict[str, str]:
    return {"message": "Hello, world!"}


async def who(request: Request[User, Any, Any]) -> User:
    return request.user


async def login(request: Request[Any, Any, Any], identity: str) -> dict[str, str]:
    request.set_session({"user": {"id": identity}})
    return {"message": "Welcome!"}


def problem(request: Request[Any, Any, Any], exc: Exception) -> Response[dict[str, str | int]]:
    """Every 401 as a problem body with its challenge."""
    return Response(
        UNAUTHORIZED,
        status_code=401,
        headers={"WWW-Authenticate": "Bearer"},
        media_type="application/problem+json",
    )


def create_app(secret: str = SECRET, max_age: int = FOURTEEN_DAYS) -> Litestar:
    """The application; `secret` and `max_age` (seconds) are for its session cookies."""
    sessions = CookieBackendConfig(secret=secret[:32].encode(), max_age=max_age)
    jwt_auth = JWTAuth[User](retrieve_user_handler=user_by_token, token_secret=SECRET)
    session_auth = SessionAuth[User, ClientSideSessionBackend](
        retrieve_user_handler=user_by_session, session_backend_config=sessions
    )
    return Litestar(
        route_handlers=[
            plain,
            get("/jwt", middleware=[jwt_auth.middleware])(who),
            get("/session", middleware=[session_auth.middleware])(who),
            get("/apikey", middleware=[APIKeyMiddleware])(who),
            post("/login", middleware=[sessions.middleware])(login),
        ],
        exception_handlers={NotAuthorizedException: problem},
        logging_config=None,  # else it would configure logging for its neighbours in the process too
    )


app = create_app()
