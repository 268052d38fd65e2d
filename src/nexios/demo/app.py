"""The demo's application: three backends, one middleware, routes with a guard of one line each."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import quote

from nexios import MakeConfig, NexiosApp
from nexios.apikeys import APIKeys, key_routes
from nexios.auth import AuthenticationMiddleware
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend
from nexios.demo.accounts import account_routes
from nexios.demo.database import create_database
from nexios.demo.folder import open_folder
from nexios.demo.guarded import guarded_routes, sources
from nexios.demo.headers import SecurityHeaders
from nexios.demo.pages import page_routes
from nexios.demo.passwords import Passwords
from nexios.demo.staying import phone_routes, phone_tokens
from nexios.demo.users import Users
from nexios.openapi import openapi_routes
from nexios.session import SessionMiddleware, Sessions, session_routes

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COOKIE_NAME", "create_app"]

# Cookies know no ports: under the usual name it would take the place of another application's at 127.0.0.1.
COOKIE_NAME = "nexios_demo"

# So short that a person sees the old key die, and reads when a key was last used.
_OVERLAP = timedelta(seconds=30)
_FLUSH_EVERY = timedelta(seconds=1)

_ABOUT = """Log in by `POST /login` (or on the page at `/`), get a token and a key, and see what each opens.

A token and a key are presented by Authorize above; the session's cookie the browser sends by itself."""


def create_app(folder: Path) -> NexiosApp:
    """The demo with its data in `folder`.

    Raises:
        ConfigError: The folder, or what is in it, cannot be used.
    """
    database, secret = open_folder(folder)
    passwords = Passwords()
    create_database(database, passwords.hash)
    users = Users(database, passwords)

    app = NexiosApp(
        config=MakeConfig(
            secret_key=secret,
            store_url=f"sqlite:///{quote(database.absolute().as_posix(), safe='/:')}?timeout=10",
            require_auth=True,
            realm="nexios-demo",
            jwt_issuer="nexios-demo",
        ),
        lifespan=lambda _: users.opened(),
    )
    keys = APIKeys(app.store, flush_every=_FLUSH_EVERY, events=app.events)
    sessions = Sessions(app.store, events=app.events)
    phones = phone_tokens(folder, app.store, app.events)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(SessionMiddleware(store=app.store, cookie_name=COOKIE_NAME))
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=users.model,
            backends=[
                SessionAuthBackend(),
                JWTAuthBackend(),
                JWTAuthBackend(identifier="sub", tokens=phones),
                APIKeyAuthBackend(keys=keys),
            ],
        )
    )
    guarded = guarded_routes()
    app.include(guarded)
    app.include(account_routes(users))
    # A stolen token or key neither makes keys nor ends sessions.
    app.include(session_routes(sessions, scopes=["session"]))
    app.include(key_routes(keys, prefix="/api/keys", scopes=["session"], overlap=_OVERLAP))
    app.include(phone_routes(phones))
    app.include(page_routes(sources(guarded)))
    app.include(openapi_routes(app, title="Nexios demo", version=version("nexios"), description=_ABOUT))
    return app
