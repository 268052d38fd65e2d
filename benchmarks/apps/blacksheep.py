"""BlackSheep with its sessions, its authentication handlers and policies, and PyJWT."""

from __future__ import annotations

import hashlib
from typing import Any

import jwt
from blacksheep import Application, Content, FromQuery, Request, Response
from blacksheep.server.authorization import auth
from blacksheep.server.routing import Router
from blacksheep.settings.json import json_settings
from guardpost import AuthenticationHandler, Identity, UnauthorizedError

from benchmarks.world import API_KEYS, FOURTEEN_DAYS, SECRET, UNAUTHORIZED, USERS


async def load_user(identity: str | None, mode: str) -> Identity | None:
    """The user of that identity, as a database would answer."""
    name = USERS.get(identity) if identity is not None else None
    return Identity({"sub": identity, "name": name}, mode) if name is not None else None


class JWTHandler(AuthenticationHandler):
    """A Bearer token."""

    scheme = "jwt"

    async def authenticate(self, context: Request) -> Identity | None:  # type: ignore[override]
        value = context.get_first_header(b"Authorization")
        if value is None or not value.startswith(b"Bearer "):
            return None
        try:
            claims = jwt.decode(value[7:], SECRET, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            return None
        return await load_user(claims.get("sub"), self.scheme)


class SessionHandler(AuthenticationHandler):
    """The user whom the session names."""

    scheme = "session"

    async def authenticate(self, context: Request) -> Identity | None:  # type: ignore[override]
        user = context.session.get("user")
        return await load_user(user["id"], self.scheme) if user else None


class APIKeyHandler(AuthenticationHandler):
    """The owner of an API key."""

    scheme = "apikey"

    async def authenticate(self, context: Request) -> Identity | None:  # type: ignore[override]
        key = context.get_first_header(b"X-API-Key")
        if key is None:
            return None
        return await load_user(API_KEYS.get(hashlib.sha256(key).hexdigest()), self.scheme)


def create_app(secret: str = SECRET, max_age: int = FOURTEEN_DAYS) -> Application:
    """The application; `secret` and `max_age` (seconds) are for its session cookies."""
    app = Application(router=Router())
    app.use_sessions(secret, session_max_age=max_age)
    app.use_authentication().add(JWTHandler()).add(SessionHandler()).add(APIKeyHandler())
    app.use_authorization()

    @app.router.get("/plain")
    async def plain() -> dict[str, str]:
        return {"message": "Hello, world!"}

    @auth(authentication_schemes=["jwt"])
    @app.router.get("/jwt")
    async def by_jwt(user: Identity) -> dict[str, Any]:
        return {"identity": user["sub"], "name": user["name"]}

    @auth(authentication_schemes=["session"])
    @app.router.get("/session")
    async def by_session(user: Identity) -> dict[str, Any]:
        return {"identity": user["sub"], "name": user["name"]}

    @auth(authentication_schemes=["apikey"])
    @app.router.get("/apikey")
    async def by_api_key(user: Identity) -> dict[str, Any]:
        return {"identity": user["sub"], "name": user["name"]}

    @app.router.post("/login")
    async def login(request: Request, identity: FromQuery[str]) -> dict[str, str]:
        request.session["user"] = {"id": identity.value}
        return {"message": "Welcome!"}

    @app.exception_handler(UnauthorizedError)
    async def problem(app: Application, request: Request, exc: UnauthorizedError) -> Response:
        body = json_settings.dumps(UNAUTHORIZED).encode()
        return Response(401, [(b"WWW-Authenticate", b"Bearer")], Content(b"application/problem+json", body))

    return app


app = create_app()
