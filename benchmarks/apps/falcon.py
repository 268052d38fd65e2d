"""Falcon with a hook before each guarded responder, PyJWT, and itsdangerous: Falcon brings no sessions."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from typing import Any

import falcon
import falcon.asgi
import itsdangerous
import jwt
from falcon.asgi import Request, Response

from benchmarks.world import API_KEYS, FOURTEEN_DAYS, SECRET, UNAUTHORIZED, USERS


async def load_user(identity: str | None) -> dict[str, str] | None:
    """The user of that identity, as a database would answer."""
    name = USERS.get(identity) if identity is not None else None
    return {"identity": identity, "name": name} if identity is not None and name is not None else None


async def user_by_jwt(req: Request, resp: Response, resource: Any, params: dict[str, Any]) -> None:
    """Who the Bearer token says is asking."""
    scheme, _, token = (req.auth or "").partition(" ")
    if scheme.lower() != "bearer":
        raise falcon.HTTPUnauthorized(challenges=["Bearer"])
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise falcon.HTTPUnauthorized(challenges=['Bearer error="invalid_token"']) from None
    req.context.user = await load_user(claims.get("sub"))
    if req.context.user is None:
        raise falcon.HTTPUnauthorized(challenges=['Bearer error="invalid_token"'])


async def user_by_api_key(req: Request, resp: Response, resource: Any, params: dict[str, Any]) -> None:
    """Who owns the API key."""
    key = req.get_header("X-API-Key") or ""
    req.context.user = await load_user(API_KEYS.get(hashlib.sha256(key.encode()).hexdigest()))
    if req.context.user is None:
        raise falcon.HTTPUnauthorized(challenges=["ApiKey"])


async def user_by_session(req: Request, resp: Response, resource: Any, params: dict[str, Any]) -> None:
    """Who the session cookie says is asking."""
    try:
        data = resource.signer.unsign(req.cookies.get("session", ""), max_age=resource.max_age)
    except itsdangerous.BadSignature:
        raise falcon.HTTPUnauthorized(challenges=["Cookie"]) from None
    req.context.user = await load_user(json.loads(b64decode(data))["user"]["id"])
    if req.context.user is None:
        raise falcon.HTTPUnauthorized(challenges=["Cookie"])


class Plain:
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.media = {"message": "Hello, world!"}


class ByJWT:
    @falcon.before(user_by_jwt)
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.media = req.context.user


class ByAPIKey:
    @falcon.before(user_by_api_key)
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.media = req.context.user


class BySession:
    def __init__(self, signer: itsdangerous.TimestampSigner, max_age: int) -> None:
        self.signer = signer
        self.max_age = max_age

    @falcon.before(user_by_session)
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.media = req.context.user

    async def on_post_login(self, req: Request, resp: Response) -> None:
        session = {"user": {"id": req.get_param("identity", required=True)}}
        value = self.signer.sign(b64encode(json.dumps(session).encode())).decode()
        resp.set_cookie("session", value, max_age=self.max_age, path="/", same_site="Lax", secure=False)
        resp.media = {"message": "Welcome!"}


def problem(req: Request, resp: Response, exc: falcon.HTTPError) -> None:
    """Every error as a problem body; Falcon adds the challenge."""
    resp.content_type = "application/problem+json"
    resp.data = json.dumps(UNAUTHORIZED if exc.status_code == 401 else exc.to_dict()).encode()


def create_app(secret: str = SECRET, max_age: int = FOURTEEN_DAYS) -> falcon.asgi.App[Request, Response]:
    """The application; `secret` and `max_age` (seconds) are for its session cookies."""
    app = falcon.asgi.App()
    session = BySession(itsdangerous.TimestampSigner(secret), max_age)
    app.add_route("/plain", Plain())
    app.add_route("/jwt", ByJWT())
    app.add_route("/apikey", ByAPIKey())
    app.add_route("/session", session)
    app.add_route("/login", session, suffix="login")
    app.set_error_serializer(problem)
    return app


app = create_app()
