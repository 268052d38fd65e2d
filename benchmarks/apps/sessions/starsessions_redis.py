"""Starlette with starsessions, its sessions in Redis."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starsessions import SessionAutoloadMiddleware, SessionMiddleware
from starsessions.stores.redis import RedisStore

from benchmarks.apps.sessions.starlette_cookie import ROUTES
from benchmarks.world import FOURTEEN_DAYS, REDIS, SESSIONS


def create_app() -> Starlette:
    """The application."""
    return Starlette(
        routes=ROUTES,
        middleware=[
            Middleware(
                SessionMiddleware,
                store=RedisStore(REDIS, prefix=f"{SESSIONS}:starsessions:"),
                lifetime=FOURTEEN_DAYS,
                cookie_https_only=False,
            ),
            Middleware(SessionAutoloadMiddleware),
        ],
    )


app = create_app()
