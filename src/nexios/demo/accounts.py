"""What a person does on the page: log in and out, get a token, make and revoke API keys."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from nexios.auth import auth, public
from nexios.auth.backends.jwt import create_jwt
from nexios.auth.backends.session import login, logout
from nexios.demo.redirects import local_path
from nexios.http.problems import BadRequest, Unauthorized
from nexios.routing import Router

if TYPE_CHECKING:
    from nexios.demo.users import Users
    from nexios.http import Request, Response

__all__ = ["account_routes"]

_LIFETIMES = {"15": timedelta(seconds=15), "300": timedelta(minutes=5), "3600": timedelta(hours=1)}
_LONGEST_FIELD = 200


def account_routes(users: Users) -> Router:
    """The routes by which a person gets a credential, and gives it back."""
    router = Router()

    @router.post("/login")
    @public
    async def log_in(request: Request, response: Response) -> Response:
        fields = await request.json()
        user = await users.find_by_password(_text(fields, "username"), _text(fields, "password"))
        if user is None:
            challenge = f'Cookie realm="{request.app.config.realm}"'
            raise Unauthorized("The name or the password is wrong.", {"WWW-Authenticate": challenge})
        login(request, user)
        request.session["logged_in_at"] = int(time.time())
        return response.redirect(local_path(request.query_params.get("next")), 303)

    @router.post("/logout")
    @public
    async def log_out(request: Request, response: Response) -> None:
        logout(request)

    @router.get("/session")
    @public
    async def show_session(request: Request, response: Response) -> dict[str, Any]:
        if request.auth != "session":
            return {"user": None, "session": {}}
        user = request.user
        shown = {"id": user.identity, "name": user.display_name, "permissions": sorted(user.permissions)}
        return {"user": shown, "session": dict(request.session)}

    @router.post("/token")
    @auth(scope="session")
    async def create_token(request: Request, response: Response) -> dict[str, str]:
        lifetime = _LIFETIMES.get(request.query_params.get("seconds", "300"))
        if lifetime is None:
            raise BadRequest(f"seconds is one of {', '.join(_LIFETIMES)}.")
        claims = {"id": request.user.identity, "name": request.user.display_name, "iat": int(time.time())}
        return {"token": create_jwt(claims, expires_in=lifetime)}

    @router.post("/api/keys")
    @auth(scope="session")
    async def create_key(request: Request, response: Response) -> Response:
        return response.json(await users.create_key(request.user.identity), 201)

    @router.get("/api/keys")
    @auth(scope="session")
    async def list_keys(request: Request, response: Response) -> list[dict[str, Any]]:
        return await users.keys(request.user.identity)

    @router.delete("/api/keys/{key_id}")
    @auth(scope="session")
    async def delete_key(request: Request, response: Response, key_id: str) -> None:
        if not await users.delete_key(request.user.identity, key_id):
            raise HTTPException(404, "You have no key of this id.")

    return router


def _text(fields: object, name: str) -> str:
    """A field of a JSON body, which must be text of a reasonable length."""
    value = fields.get(name) if isinstance(fields, dict) else None
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_FIELD:
        raise BadRequest(f"{name} must be text of 1 to {_LONGEST_FIELD} letters.")
    return value
