"""What a person does on the page: log in and out, get a token."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from nexios.auth import auth, public
from nexios.auth.backends.jwt import create_jwt
from nexios.auth.backends.session import login, logout
from nexios.demo.redirects import local_path
from nexios.http import Query  # noqa: TC001 - annotations are read when the application starts
from nexios.http.problems import Unauthorized
from nexios.openapi import describe
from nexios.routing import Router

if TYPE_CHECKING:
    from nexios.demo.users import Users
    from nexios.http import Request, Response

__all__ = ["account_routes"]

_LIFETIMES = {"15": timedelta(seconds=15), "300": timedelta(minutes=5), "3600": timedelta(hours=1)}

Field = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Login(msgspec.Struct):
    """A name and a password."""

    username: Field
    password: Field


class Next(msgspec.Struct):
    """Where a login leads to."""

    next: Annotated[str | None, msgspec.Meta(description="A path of this site.")] = None


class Lifetime(msgspec.Struct):
    """How long a token is good."""

    seconds: Literal["15", "300", "3600"] = "300"


class Token(msgspec.Struct):
    """A JSON Web Token."""

    token: str


def account_routes(users: Users) -> Router:
    """The routes by which a person gets a session or a token, and gives it back."""
    router = Router()

    @router.post("/login")
    @public
    @describe(status=303, answers={401: "The name or the password is wrong."}, tags=["Session"])
    async def log_in(request: Request, response: Response, who: Login, then: Query[Next]) -> Response:
        """Log in.

        The answer brings the session's cookie and leads to the page.
        """
        user = await users.find_by_password(who.username, who.password)
        if user is None:
            challenge = f'Cookie realm="{request.app.config.realm}"'
            raise Unauthorized("The name or the password is wrong.", {"WWW-Authenticate": challenge})
        login(request, user)
        request.session["logged_in_at"] = int(time.time())
        return response.redirect(local_path(then.next), 303)

    @router.post("/logout")
    @public
    @describe(tags=["Session"])
    async def log_out(request: Request, response: Response) -> None:
        """Log out; may be called again."""
        logout(request)

    @router.get("/session")
    @public
    @describe(tags=["Session"])
    async def show_session(request: Request, response: Response) -> dict[str, Any]:
        """Show the session and whose it is."""
        if request.auth != "session":
            return {"user": None, "session": {}}
        user = request.user
        shown = {"id": user.identity, "name": user.display_name, "permissions": sorted(user.permissions)}
        return {"user": shown, "session": dict(request.session)}

    @router.post("/token")
    @auth(scope="session")
    @describe(tags=["Token"])
    async def create_token(request: Request, response: Response, lifetime: Query[Lifetime]) -> Token:
        """Get a token for oneself."""
        claims = {"id": request.user.identity, "name": request.user.display_name, "iat": int(time.time())}
        return Token(create_jwt(claims, expires_in=_LIFETIMES[lifetime.seconds]))

    return router
