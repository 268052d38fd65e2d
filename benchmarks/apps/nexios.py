"""Nexios as its own page shows: SessionMiddleware, and one AuthenticationMiddleware with three backends."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from benchmarks.world import API_KEYS, FOURTEEN_DAYS, SECRET, USERS
from nexios import NexiosApp
from nexios.auth import BaseUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.config import MakeConfig
from nexios.http import Request, Response
from nexios.session import SessionMiddleware


class User(BaseUser):
    """A row of the user table."""

    def __init__(self, identity: str, display_name: str) -> None:
        self.identity = identity
        self.display_name = display_name

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def identity(self) -> str:
        return self.identity

    @property
    def display_name(self) -> str:
        return self.display_name

    @classmethod
    async def load_user(cls, identity: str) -> User | None:
        """The user of that identity or the owner of that API key, as a database would answer."""
        if identity.startswith("key_"):
            identity = API_KEYS.get(hashlib.sha256(identity.encode()).hexdigest(), "")
        name = USERS.get(identity)
        return cls(identity, name) if name is not None else None


async def plain(request: Request, response: Response) -> dict[str, str]:
    return {"message": "Hello, world!"}


async def who(request: Request, response: Response) -> dict[str, str]:
    return {"identity": request.user.identity, "name": request.user.display_name}


async def begin(request: Request, response: Response) -> dict[str, str]:
    user = await User.load_user(request.query_params["identity"])
    login(request, user or User(request.query_params["identity"], "nobody"))
    return {"message": "Welcome!"}


def create_app(secret: str = SECRET, max_age: int = FOURTEEN_DAYS) -> NexiosApp:
    """The application; `max_age` (seconds) is for its session cookies."""
    app = NexiosApp(config=MakeConfig(secret_key=secret))
    app.add_middleware(SessionMiddleware(max_age=timedelta(seconds=max_age)))
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=User,
            backends=[JWTAuthBackend(identifier="sub"), SessionAuthBackend(), APIKeyAuthBackend()],
        )
    )
    app.get("/plain")(plain)
    app.get("/jwt")(auth(scope="jwt")(who))
    app.get("/session")(auth(scope="session")(who))
    app.get("/apikey")(auth(scope="apikey")(who))
    app.post("/login")(begin)
    return app


app = create_app()
