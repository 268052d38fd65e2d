"""The routes that an application may include describe themselves, and truly."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys
from nexios.apikeys.routes import key_routes
from nexios.auth import AuthenticationMiddleware, has_permission, public
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.demo.server import serving
from nexios.openapi import describe, openapi_routes
from nexios.session import SessionMiddleware, Sessions
from nexios.session.routes import session_routes
from nexios.stores import MemoryStore
from nexios.tokens import KeyRing, Tokens
from nexios.tokens.endpoints import token_routes
from tests.openapi.asking import schemathesis
from tests.openapi.describing import document_of, operations
from tests.parts import SECRET, Person

EXCEPT = [
    # It ends the session that is presented.
    *("--exclude-path-regex", "^/sessions$"),
    # A key that was revoked is still shown.
    *("--exclude-checks", "use_after_free"),
]


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(
        KeyRing.generate("EdDSA"), store=MemoryStore(), issuer="https://tea.example", audience="tea"
    )


@pytest.fixture
def app(tokens: Tokens) -> NexiosApp:
    """An application with all of them; whoever asks at /welcome is Ada from then on."""
    store = MemoryStore()
    keys = APIKeys(store)
    app = NexiosApp(config=MakeConfig(secret_key=SECRET, require_auth=True))
    app.add_middleware(SessionMiddleware(store=store))
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=Person,
            backends=[
                JWTAuthBackend("sub", tokens=tokens),
                SessionAuthBackend(),
                APIKeyAuthBackend(keys=keys),
            ],
        )
    )
    app.include(key_routes(keys, max_keys=100))
    app.include(session_routes(Sessions(store)))
    app.include(token_routes(tokens, introspect=has_permission("write")))
    app.include(openapi_routes(app, title="Tea", version="1"))

    @app.post("/welcome")
    @public
    @describe(hidden=True)
    async def welcome(request: Request, response: Response) -> None:
        login(request, Person("ada"))

    return app


def test_each_of_them_says_what_it_takes_and_answers(app: NexiosApp) -> None:
    document = document_of(app)
    found = operations(document)
    assert {name: sorted(operation["responses"]) for name, operation in found.items()} == {
        "GET /keys": ["200", "401", "403", "503"],
        "POST /keys": ["201", "400", "401", "403", "409", "413", "422", "503"],
        "GET /keys/{key_id}": ["200", "401", "403", "404", "503"],
        "DELETE /keys/{key_id}": ["204", "401", "403", "404", "503"],
        "POST /keys/{key_id}/rotate": ["201", "400", "401", "403", "404", "409", "413", "422", "503"],
        "GET /sessions": ["200", "401", "403", "503"],
        "DELETE /sessions": ["200", "401", "403", "503"],
        "DELETE /sessions/{session_id}": ["204", "401", "403", "404", "503"],
        "POST /token": ["200", "400", "401", "403", "503"],
        "POST /revoke": ["200", "400", "403", "503"],
        "GET /.well-known/jwks.json": ["200", "304"],
        "POST /introspect": ["200", "400", "401", "403", "503"],
    }
    bodies = {name: list(o["requestBody"]["content"]) for name, o in found.items() if "requestBody" in o}
    assert bodies == {
        "POST /keys": ["application/json"],
        "POST /keys/{key_id}/rotate": ["application/json"],
        **{
            f"POST /{name}": ["application/x-www-form-urlencoded"]
            for name in ("token", "revoke", "introspect")
        },
    }
    assert {tag for operation in found.values() for tag in operation["tags"]} == {
        "API keys",
        "Sessions",
        "Tokens",
    }


def test_what_a_route_of_keys_refuses_is_said_in_its_own_words(app: NexiosApp) -> None:
    found = operations(document_of(app))
    narrower, none = "The credential does not reach as far.", "There is no such key of one's own."
    for name in ("GET /keys/{key_id}", "DELETE /keys/{key_id}", "POST /keys/{key_id}/rotate"):
        said = found[name]["responses"]
        assert (said["403"]["description"], said["404"]["description"]) == (narrower, none)
    assert found["GET /keys"]["responses"]["403"]["description"] == narrower


def credentials(url: str, tokens: Tokens) -> dict[str, Any]:
    httpx2 = pytest.importorskip("httpx2")
    pair = asyncio.run(tokens.issue("ada"))
    with httpx2.Client(base_url=url) as client:
        client.post("/welcome")
        return {
            "jwt": f'bearer = "{pair.access_token}"',
            "session": f'api_key = "{client.cookies["session"]}"',
        }


def test_schemathesis_finds_no_failure(app: NexiosApp, tokens: Tokens, tmp_path: Path) -> None:
    with serving(app) as url:
        schemathesis(url, tmp_path, credentials(url, tokens), *EXCEPT)
