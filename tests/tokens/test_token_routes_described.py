"""What the description of an API says of the routes of tokens is what they do."""

from __future__ import annotations

import pytest

from nexios.auth import auth
from nexios.openapi import openapi_routes
from nexios.tokens import RefreshCookie, Tokens
from tests.attacks.asking import asking
from tests.parts import Clock
from tests.tokens.issuing import tokens_of
from tests.tokens.serving import FORM, app_of, refresh

pytestmark = pytest.mark.anyio

ANSWERS = [
    ("/token", "post", {"200", "400", "401", "403", "503"}),
    ("/token", "delete", {"204", "403", "503"}),
    ("/revoke", "post", {"200", "400", "503"}),
    ("/introspect", "post", {"200", "400", "401", "503"}),
    ("/.well-known/jwks.json", "get", {"200", "304"}),
]


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return tokens_of(clock=clock)


async def test_the_routes_describe_themselves_as_they_are(tokens: Tokens) -> None:
    app = app_of(tokens, introspect=auth(), cookie=RefreshCookie())
    app.include(openapi_routes(app, title="Tokens", version="1"))
    document = (await asking(app, "/openapi.json")).json()
    schemas, paths = document["components"]["schemas"], document["paths"]
    for path, form in (("/token", "RefreshForm"), ("/revoke", "TokenForm"), ("/introspect", "TokenForm")):
        (content,) = paths[path]["post"]["requestBody"]["content"].items()
        assert content == (FORM[1], {"schema": {"$ref": f"#/components/schemas/{form}"}})
    for path, method, answers in ANSWERS:
        assert set(paths[path][method]["responses"]) == answers
        assert paths[path][method]["tags"] == ["Tokens"]
    assert set(paths) == {path for path, _, _ in ANSWERS} | {"/me"}
    pair = await tokens.issue("ada", scope="read")
    for body, name in (
        ((await refresh(app, pair.refresh_token)).json(), "GrantedTokens"),
        ((await refresh(app, "junk")).json(), "OAuthError"),
        ((await asking(app, "/.well-known/jwks.json")).json(), "PublishedKeys"),
    ):
        assert set(schemas[name]["required"]) <= set(body) <= set(schemas[name]["properties"])
