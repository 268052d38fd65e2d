"""The same middleware and guards in a FastAPI application.

    uv run uvicorn examples.in_fastapi:app

Then, in another terminal:

    TOKEN=$(curl -s -c cookies.txt -X POST localhost:8000/guests)
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/profile    # 200
    curl -i -b cookies.txt localhost:8000/profile                       # 200
    curl -i localhost:8000/profile                                      # 401
    curl -i -H "Authorization: Bearer wrong" localhost:8000/profile     # 401
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/admin      # 403

At localhost:8000/docs, "Authorize" takes the token.
"""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import PlainTextResponse

from nexios import MakeConfig
from nexios.auth import AuthenticationMiddleware, SimpleUser
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.integrations.fastapi import install, requires
from nexios.session import SessionMiddleware

app = FastAPI()

install(
    app,
    SessionMiddleware(),
    AuthenticationMiddleware(user_model=SimpleUser, backends=[JWTAuthBackend(), SessionAuthBackend()]),
    config=MakeConfig(secret_key=secrets.token_urlsafe(32)),
)


@app.post("/guests", response_class=PlainTextResponse)
async def welcome(request: Request):
    """Begin a session for a guest who was never here before, and answer with a token as well."""
    guest = SimpleUser(f"guest-{secrets.token_hex(4)}")
    login(request, guest)
    return create_jwt({"id": guest.identity}, expires_in=timedelta(minutes=30))


@app.get("/profile")
async def profile(request: Request, user: Annotated[SimpleUser, Depends(requires())]):
    return {"user_id": user.identity, "by": request.scope["auth"]}


@app.get("/admin")
def admin(user: Annotated[SimpleUser, Depends(requires(permission="admin"))]):
    return {"hello": user.identity}
