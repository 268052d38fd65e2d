"""An application whose users manage their own keys, and how they ask it."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.apikeys import APIKeys, key_routes
from nexios.auth import auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from tests.apikeys.keeping import WatchedStore
from tests.attacks.forging import forge
from tests.parts import ByHeader, app_for

ADA = {"x-user": "ada"}
BOB = {"x-user": "bob"}

COLUMNS = {
    *("id", "name", "prefix", "hint", "permissions", "addresses", "metadata", "active"),
    *("created_at", "expires_at", "last_used_at", "revoked_at", "replaced_by"),
    *("rate_limit", "monthly_quota"),
}


def managing(keys: APIKeys, *backends: Any, **options: Any) -> NexiosApp:
    """Users come by a header that is believed, by a token, or by an API key."""
    app = app_for(*backends or (APIKeyAuthBackend(keys=keys), ByHeader(), JWTAuthBackend()))
    app.include(key_routes(keys, **options))

    @app.get("/data")
    @auth()
    async def data(request: Request, response: Response) -> str:
        return str(request.user.identity)

    return app


def client_of(app: NexiosApp, address: str = "192.0.2.7") -> TestClient:
    return TestClient(app, client=(address, 4711))


def by_key(key: str) -> dict[str, str]:
    return {"x-api-key": key}


def by_token(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {forge(payload={'id': name})}"}


def made(keys: APIKeys, owner: str = "ada", **given: Any) -> tuple[str, str]:
    """A key that is there already, and its id."""
    key, record = asyncio.run(keys.create(owner, "ci", **given))
    return key, record.id


def kept(store: WatchedStore) -> int:
    return len(store._keys)
