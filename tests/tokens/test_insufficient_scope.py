"""A token that permits too little: what its client is told, and where it gets a wider one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from nexios.auth import AuthenticationMiddleware, has_permission
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.tokens import Issuer, KeyRing
from tests.attacks.asking import asking
from tests.parts import SECRET, Person, assert_problem
from tests.tokens.provider import Provider
from tests.tokens.resources import MCP, METADATA, Caller, client_for, resource_of


def scoped(provider: Provider, user_model: Any = Caller, *more: Any) -> TestClient:
    resource = resource_of()
    issuer = Issuer(provider.url, audience=MCP, clock=provider.clock)
    backends = (JWTAuthBackend("sub", tokens=issuer, resource=resource), *more)
    return client_for(resource, *backends, user_model=user_model)


def with_scope(provider: Provider, scope: Any, **changed: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {provider.token(aud=MCP, scope=scope, **changed)}"}


def test_a_token_that_is_too_narrow_is_told_what_it_lacks(provider: Provider) -> None:
    client = scoped(provider)
    for scope in (None, "", "write", "READ", "read,write", 7, ["list"]):
        for _ in range(2):
            answer = client.get("/read", headers=with_scope(provider, scope))
            assert_problem(answer, 403, "You do not have the permission that this needs.")
            # `list files` is a permission of the application, and no scope (RFC 6749 3.3).
            assert answer.headers["www-authenticate"] == (
                'Bearer realm="api", error="insufficient_scope", scope="read", '
                f'resource_metadata="{METADATA}"'
            )
    answer = client.get("/read", headers=with_scope(provider, ["read", "list files"]))
    assert answer.json() == {"user": "7"}
    assert (
        client.get("/read", headers=with_scope(provider, None, scp=["read", "list files"])).status_code == 200
    )


def test_a_user_who_may_not_is_not_sent_for_a_wider_token(provider: Provider) -> None:
    client = scoped(provider)
    answer = client.get("/never", headers=with_scope(provider, "read never"))
    assert_problem(answer, 403)
    assert "www-authenticate" not in answer.headers


def test_a_token_never_widens_what_its_user_may(provider: Provider) -> None:
    client = scoped(provider, Person)
    answer = client.get("/read", headers=with_scope(provider, ["read", "list files"], sub="cy"))
    assert_problem(answer, 403)
    assert "www-authenticate" not in answer.headers


def test_a_backend_without_a_resource_says_nothing_of_scopes(provider: Provider) -> None:
    issuer = Issuer(provider.url, audience=MCP, clock=provider.clock)
    client = client_for(resource_of(), JWTAuthBackend("sub", tokens=issuer))
    answer = client.get("/read", headers=with_scope(provider, "write"))
    assert_problem(answer, 403)
    assert "www-authenticate" not in answer.headers


def test_other_schemes_keep_their_challenge_beside_it(provider: Provider) -> None:
    class Keyed(Caller):
        @classmethod
        async def load_user(cls, identity: str) -> Keyed | None:
            return None

    client = scoped(provider, Keyed, APIKeyAuthBackend())
    assert client.get("/me").headers["www-authenticate"] == (
        f'Bearer realm="api", resource_metadata="{METADATA}", ApiKey realm="api"'
    )


def test_what_the_claims_permit_may_be_said_by_a_function(provider: Provider) -> None:
    def app_for(permissions: Any) -> TestClient:
        issuer = Issuer(provider.url, audience=MCP, clock=provider.clock, permissions=permissions)
        return client_for(resource_of(), JWTAuthBackend("sub", tokens=issuer))

    token = with_scope(provider, "nothing", permissions=["read", "list files"])
    for permissions, status in (
        (lambda claims: claims["permissions"], 200),
        (lambda claims: {"read", "list files"}, 200),
        (lambda claims: None, 200),
        (None, 200),
        (lambda claims: [], 403),
        (lambda claims: ["read"], 403),
        (lambda claims: "read list files", 503),
        (lambda claims: [7], 503),
        (lambda claims: 7, 503),
        (lambda claims: claims["roles"], 503),
    ):
        client = app_for(permissions)
        for _ in range(2):
            assert client.get("/read", headers=token).status_code == status


@pytest.mark.parametrize("kept", [0, 10])
def test_scopes_narrow_ones_own_tokens_as_well_where_there_is_a_resource(kept: int) -> None:
    resource, ring = resource_of(), KeyRing.generate("HS256")
    by_ring = JWTAuthBackend("sub", tokens=ring, resource=resource, kept=kept)
    by_secret = JWTAuthBackend("sub", resource=resource, kept=kept)
    without = JWTAuthBackend("sub", tokens=ring, kept=kept)
    good = {"sub": "7", "aud": MCP, "exp": 2_000_000_000}
    wide = good | {"scope": ["read", "list files"]}

    def status(backend: JWTAuthBackend, token: str) -> set[int]:
        client = client_for(resource, backend, jwt_audience=MCP)
        header = {"Authorization": f"Bearer {token}"}
        return {client.get("/read", headers=header).status_code for _ in range(2)}

    for claims, answered in ((wide, {200}), (good, {403})):
        assert status(by_ring, ring.sign(claims)) == answered
        assert status(by_secret, create_jwt(claims, SECRET)) == answered
    # Without one, scope is a claim like others.
    assert status(without, ring.sign(good)) == {200}


@pytest.mark.parametrize("host", [Starlette, FastAPI])
def test_other_hosts_say_the_same(host: Any, provider: Provider) -> None:
    resource = resource_of()
    issuer = Issuer(provider.url, audience=MCP, clock=provider.clock)
    backend = JWTAuthBackend("sub", tokens=issuer, resource=resource)

    @has_permission("read")
    async def read(request: StarletteRequest) -> JSONResponse:
        return JSONResponse({"user": request.user.identity})

    app = host(routes=[Route("/read", read)])
    app.add_middleware(AuthenticationMiddleware(user_model=Caller, backend=backend))
    client = TestClient(app)
    start, end = 'Bearer realm="api"', f'resource_metadata="{METADATA}"'
    for headers, status, challenge in (
        ({}, 401, f"{start}, {end}"),
        ({"Authorization": "Bearer x"}, 401, f'{start}, error="invalid_token", {end}'),
        (with_scope(provider, "write"), 403, f'{start}, error="insufficient_scope", scope="read", {end}'),
        (with_scope(provider, "read"), 200, None),
    ):
        answer = client.get("/read", headers=headers)
        assert (answer.status_code, answer.headers.get("www-authenticate")) == (status, challenge)


def test_a_websocket_is_told_as_well(provider: Provider) -> None:
    client = scoped(provider)
    scope = {"type": "websocket", "subprotocols": [], "extensions": {"websocket.http.response": {}}}
    app: Any = client.app

    @app.websocket_route("/socket")
    @has_permission("read")
    async def socket(websocket: Any) -> None:
        raise AssertionError

    headers = list(with_scope(provider, "write").items())
    answer = asyncio.run(asking(app, "/socket", headers=headers, scope=scope))
    assert answer.status == 403
    assert 'error="insufficient_scope"' in str(answer.one("www-authenticate"))
