"""The application that is besieged: users and keys and tokens in PostgreSQL, sessions in Redis."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import text
from starlette.exceptions import HTTPException

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys
from nexios.auth import AuthenticationMiddleware, BaseUser, auth, has_permission, public
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.exceptions import StoreUnavailable
from nexios.kept import Kept
from nexios.session import SessionMiddleware
from nexios.stores import open_store
from nexios.stores.sql.database import Database
from nexios.stores.sql.engine import Pool
from nexios.stores.sql.urls import parse_url
from nexios.tokens import KeyRing, Tokens, token_routes

ISSUER, AUDIENCE = "https://siege.example", "siege"
KEPT = 200
"""So few verified credentials are kept that the room for them is soon full; what grows then is a leak."""

FIND_USER = text("SELECT name FROM users WHERE id = :id AND NOT blocked")


def tokens_of(ring: KeyRing, store: Any, seconds: int) -> Tokens:
    """The tokens of the siege, for a worker and for whoever revokes from elsewhere."""
    return Tokens(ring, store=store, issuer=ISSUER, audience=AUDIENCE, access_ttl=timedelta(seconds=seconds))


def create_app() -> NexiosApp:
    """The application, set up by the environment."""
    logging.basicConfig(format="%(asctime)s %(process)d %(name)s: %(message)s", level=logging.WARNING)
    setting = {name.removeprefix("SIEGE_"): value for name, value in os.environ.items() if "SIEGE_" in name}
    app = NexiosApp(config=MakeConfig(store_url=setting["POSTGRESQL"]))
    sessions = open_store(setting["REDIS"])
    app.on_shutdown(sessions.close)
    seconds = float(setting["TIMEOUT"])
    users = Database(parse_url(setting["USERS"], setting["SCHEMA"]), Pool(5, 10, None, seconds))
    app.on_shutdown(users.close)
    ring = KeyRing.follow(Path(setting["RING"]))
    tokens = tokens_of(ring, app.store, int(setting["TTL"]))
    keys = APIKeys(app.store, kept=KEPT)

    class User(BaseUser):
        """Somebody in the table of users, who may do whatever the credential allows."""

        def __init__(self, identity: str, name: str) -> None:
            self.identity = identity
            self.display_name = name

        def has_permission(self, permission: str) -> bool:
            return True

        @classmethod
        async def load_user(cls, identity: str) -> Self | None:
            found = await users.rows(FIND_USER, {"id": identity}, lambda row: str(row.name))
            return cls(identity, found[0]) if found else None

    async def the_user(name: str) -> User:
        """The user who is about to get a credential."""
        try:
            user = await User.load_user(name)
        except StoreUnavailable:
            raise HTTPException(503) from None
        if user is None:
            raise HTTPException(404)
        return user

    by_key = APIKeyAuthBackend(keys=keys)
    # That a key has the form of one is kept for ten thousand, which would take longer than a siege to fill.
    by_key._kept = Kept(entries=KEPT)
    app.add_middleware(SessionMiddleware(store=sessions))
    backends = [
        JWTAuthBackend(identifier="sub", tokens=tokens, kept=KEPT),
        SessionAuthBackend(),
        by_key,
    ]
    app.add_middleware(AuthenticationMiddleware(user_model=User, backends=backends))
    app.include(token_routes(tokens))

    @app.get("/health")
    @public
    async def health(request: Request, response: Response) -> dict[str, bool]:
        return {"well": True}

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        return {"identity": request.user.identity, "by": request.auth}

    @app.get("/write")
    @has_permission("write")
    async def write(request: Request, response: Response) -> dict[str, Any]:
        return {"identity": request.user.identity, "by": request.auth}

    @app.post("/login/{name}")
    @public
    async def log_in(request: Request, response: Response, name: str) -> dict[str, Any]:
        login(request, await the_user(name))
        return {"identity": request.user.identity, "id": request.session.id}

    @app.post("/keep/{value}")
    @auth(scope="session")
    async def keep(request: Request, response: Response, value: str) -> dict[str, Any]:
        before = request.session.get("kept")
        request.session["kept"] = value
        return {"identity": request.user.identity, "before": before}

    @app.post("/logout")
    @public
    async def log_out(request: Request, response: Response) -> None:
        logout(request)

    @app.post("/tokens/{name}")
    @public
    async def issue(request: Request, response: Response, name: str) -> dict[str, Any]:
        pair = await tokens.issue((await the_user(name)).identity)
        return pair.to_dict()

    return app
