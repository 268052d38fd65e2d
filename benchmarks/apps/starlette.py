"""Starlette with its SessionMiddleware, its AuthenticationMiddleware and `requires`, and PyJWT."""

from __future__ import annotations

import hashlib

import jwt
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser, requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.world import API_KEYS, FOURTEEN_DAYS, SECRET, UNAUTHORIZED, USERS


class User(SimpleUser):
    """A row of the user table."""

    def __init__(self, identity: str, name: str) -> None:
        super().__init__(name)
        self.id = identity

    @property
    def identity(self) -> str:
        return self.id


async def load_user(identity: str) -> User | None:
    """The user of that identity, as a database would answer."""
    name = USERS.get(identity)
    return User(identity, name) if name is not None else None


class Backend(AuthenticationBackend):
    """A token, an API key or a session, in this order."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, User] | None:
        found = self.identify(conn)
        if found is None:
            return None
        scope, identity = found
        user = await load_user(identity)
        return (AuthCredentials(["authenticated", scope]), user) if user is not None else None

    def identify(self, conn: HTTPConnection) -> tuple[str, str] | None:
        """By which kind of credential, and whose it is."""
        if "Authorization" in conn.headers:
            scheme, _, token = conn.headers["Authorization"].partition(" ")
            if scheme.lower() != "bearer":
                return None
            try:
                return "jwt", jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]
            except (jwt.InvalidTokenError, KeyError):
                return None
        if "X-API-Key" in conn.headers:
            owner = API_KEYS.get(hashlib.sha256(conn.headers["X-API-Key"].encode()).hexdigest())
            return ("apikey", owner) if owner is not None else None
        if "user" in conn.session:
            return "session", conn.session["user"]["id"]
        return None


async def plain(request: Request) -> JSONResponse:
    return JSONResponse({"message": "Hello, world!"})


async def who(request: Request) -> JSONResponse:
    return JSONResponse({"identity": request.user.identity, "name": request.user.display_name})


async def login(request: Request) -> JSONResponse:
    request.session["user"] = {"id": request.query_params["identity"]}
    return JSONResponse({"message": "Welcome!"})


async def problem(request: Request, exc: Exception) -> JSONResponse:
    """Every 401 as a problem body with its challenge."""
    return JSONResponse(
        UNAUTHORIZED, 401, headers={"WWW-Authenticate": "Bearer"}, media_type="application/problem+json"
    )


def create_app(secret: str = SECRET, max_age: int = FOURTEEN_DAYS) -> Starlette:
    """The application; `secret` and `max_age` (seconds) are for its session cookies."""
    return Starlette(
        routes=[
            Route("/plain", plain),
            Route("/jwt", requires("jwt", status_code=401)(who)),
            Route("/session", requires("session", status_code=401)(who)),
            Route("/apikey", requires("apikey", status_code=401)(who)),
            Route("/login", login, methods=["POST"]),
        ],
        middleware=[
            Middleware(SessionMiddleware, secret_key=secret, max_age=max_age),
            Middleware(AuthenticationMiddleware, backend=Backend()),
        ],
        exception_handlers={401: problem},
    )


app = create_app()
