"""Nexios with its sessions in a store, or in signed cookies."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.apps.nexios import User, begin, who
from benchmarks.world import FOURTEEN_DAYS, SECRET
from nexios import NexiosApp
from nexios.auth import auth
from nexios.auth.backends.session import SessionAuthBackend
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.config import MakeConfig
from nexios.session import SessionMiddleware


def session_app(store_url: str | None) -> NexiosApp:
    """The application, its sessions in the store of that address; None: in signed cookies."""
    app = NexiosApp(config=MakeConfig(secret_key=SECRET, store_url=store_url))
    store = None if store_url is None else app.store
    app.add_middleware(SessionMiddleware(store=store, max_age=timedelta(seconds=FOURTEEN_DAYS)))
    app.add_middleware(AuthenticationMiddleware(user_model=User, backend=SessionAuthBackend()))
    app.get("/session")(auth(scope="session")(who))
    app.post("/login")(begin)
    return app
