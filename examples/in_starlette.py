"""The same middleware and guards in a Starlette application.

    uv run uvicorn examples.in_starlette:app

Then, in another terminal:

    TOKEN=$(curl -s -c cookies.txt -X POST localhost:8000/guests)
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/profile    # 200
    curl -i -b cookies.txt localhost:8000/profile                       # 200
    curl -i localhost:8000/profile                                      # 401
    curl -i -H "Authorization: Bearer wrong" localhost:8000/profile     # 401
"""

import secrets
from datetime import timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from nexios import MakeConfig
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.integrations.starlette import install
from nexios.session import SessionMiddleware


async def welcome(request: Request):
    """Begin a session for a guest who was never here before, and answer with a token as well."""
    guest = SimpleUser(f"guest-{secrets.token_hex(4)}")
    login(request, guest)
    return PlainTextResponse(create_jwt({"id": guest.identity}, expires_in=timedelta(minutes=30)))


@auth()
async def profile(request: Request):
    return JSONResponse({"user_id": request.user.identity, "by": request.scope["auth"]})


app = Starlette(routes=[Route("/guests", welcome, methods=["POST"]), Route("/profile", profile)])

install(
    app,
    SessionMiddleware(),
    AuthenticationMiddleware(user_model=SimpleUser, backends=[JWTAuthBackend(), SessionAuthBackend()]),
    config=MakeConfig(secret_key=secrets.token_urlsafe(32)),
)
