"""FastAPI with its security dependencies, Starlette's SessionMiddleware and PyJWT."""

from __future__ import annotations

import hashlib
from typing import Annotated

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.middleware.sessions import SessionMiddleware

from benchmarks.world import API_KEYS, FOURTEEN_DAYS, SECRET, UNAUTHORIZED, USERS

bearer = HTTPBearer()
api_key_header = APIKeyHeader(name="X-API-Key")
router = APIRouter()


class User(BaseModel):
    """A row of the user table."""

    identity: str
    name: str


async def load_user(identity: str | None) -> User | None:
    """The user of that identity, as a database would answer."""
    name = USERS.get(identity) if identity is not None else None
    return User(identity=identity, name=name) if identity is not None and name is not None else None


def unauthorized(challenge: str) -> HTTPException:
    return HTTPException(401, "Could not validate credentials", headers={"WWW-Authenticate": challenge})


async def user_by_jwt(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> User:
    try:
        claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise unauthorized("Bearer") from None
    user = await load_user(claims.get("sub"))
    if user is None:
        raise unauthorized("Bearer")
    return user


async def user_by_session(request: Request) -> User:
    user = await load_user(request.session.get("user", {}).get("id"))
    if user is None:
        raise unauthorized("Cookie")
    return user


async def user_by_api_key(key: Annotated[str, Depends(api_key_header)]) -> User:
    user = await load_user(API_KEYS.get(hashlib.sha256(key.encode()).hexdigest()))
    if user is None:
        raise unauthorized("APIKey")
    return user


@router.get("/plain")
async def plain() -> dict[str, str]:
    return {"message": "Hello, world!"}


@router.get("/jwt")
async def by_jwt(user: Annotated[User, Depends(user_by_jwt)]) -> User:
    return user


@router.get("/session")
async def by_session(user: Annotated[User, Depends(user_by_session)]) -> User:
    return user


@router.get("/apikey")
async def by_api_key(user: Annotated[User, Depends(user_by_api_key)]) -> User:
    return user


@router.post("/login")
async def login(request: Request, identity: str) -> dict[str, str]:
    request.session["user"] = {"id": identity}
    return {"message": "Welcome!"}


async def problem(request: Request, exc: HTTPException) -> JSONResponse:
    """Every 401 as a problem body with its challenge."""
    return JSONResponse(UNAUTHORIZED, 401, headers=exc.headers, media_type="application/problem+json")


def create_app(secret: str = SECRET, max_age: int = FOURTEEN_DAYS) -> FastAPI:
    """The application; `secret` and `max_age` (seconds) are for its session cookies."""
    app = FastAPI(exception_handlers={401: problem})
    app.include_router(router)
    app.add_middleware(SessionMiddleware, secret_key=secret, max_age=max_age)
    return app


app = create_app()
