"""Starlette's own sessions: signed cookies, which nobody can end."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.world import FOURTEEN_DAYS, SECRET, UNAUTHORIZED, USERS


async def load_user(identity: str) -> dict[str, str] | None:
    """The user of that identity, as a database would answer."""
    name = USERS.get(identity)
    return {"identity": identity, "name": name} if name is not None else None


async def who(request: Request) -> JSONResponse:
    user = await load_user(request.session["user"]["id"]) if "user" in request.session else None
    return JSONResponse(UNAUTHORIZED, 401) if user is None else JSONResponse(user)


async def login(request: Request) -> JSONResponse:
    request.session["user"] = {"id": request.query_params["identity"]}
    return JSONResponse({"message": "Welcome!"})


ROUTES = [Route("/session", who), Route("/login", login, methods=["POST"])]


def create_app() -> Starlette:
    """The application."""
    sessions = Middleware(SessionMiddleware, secret_key=SECRET, max_age=FOURTEEN_DAYS)
    return Starlette(routes=ROUTES, middleware=[sessions])


app = create_app()
