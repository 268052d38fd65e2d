"""An API as a protected resource: what clients find out about it, and what refusals tell them."""

from __future__ import annotations

from typing import Any

import pytest

from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.exceptions import ConfigError
from nexios.tokens import Introspection, Issuer, KeyRing, ProtectedResource, resource_routes
from tests.attacks.forging import GOOD_HEADER, forge
from tests.parts import Clock, assert_problem
from tests.tokens.provider import Provider
from tests.tokens.resources import ISSUER, MCP, METADATA, client_for, resource_of


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("https://api.example", ""),
        ("https://api.example/", ""),
        (MCP, "/mcp"),
        ("https://api.example/a/b/", "/a/b"),
        ("https://api.example:8443/mcp", "/mcp"),
        ("http://localhost:8000/mcp", "/mcp"),
    ],
)
def test_everybody_reads_the_metadata_where_rfc_9728_puts_them(resource: str, path: str) -> None:
    found = resource_of(resource=resource, name="Files", documentation="https://docs.example/files")
    client = client_for(found, JWTAuthBackend("sub"))
    place = f"/.well-known/oauth-protected-resource{path}"
    assert found.metadata_url == f"{resource.split('/')[0]}//{resource.split('/')[2]}{place}"
    for headers in ({}, {"Origin": "https://inspector.example"}, {"Authorization": "Bearer wrong"}):
        answer = client.get(place, headers=headers)
        assert answer.status_code == 200
        assert answer.json() == {
            "resource": resource,
            "authorization_servers": [ISSUER],
            "scopes_supported": ["read"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Files",
            "resource_documentation": "https://docs.example/files",
        }
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "public, max-age=3600"
    assert client.head(place).status_code == 200
    assert client.post(place).status_code == 405


def test_a_browser_may_ask_first() -> None:
    client = client_for(resource_of(), JWTAuthBackend("sub"))
    asks = {"Origin": "https://inspector.example", "Access-Control-Request-Method": "GET"}
    answer = client.options(
        METADATA, headers=asks | {"Access-Control-Request-Headers": "mcp-protocol-version"}
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_what_is_not_said_is_left_out() -> None:
    assert set(resource_of(scopes=()).metadata()) == {
        "resource", "authorization_servers", "bearer_methods_supported",
    }  # fmt: skip


def token_for(audience: Any = MCP, **claims: Any) -> str:
    return forge(GOOD_HEADER, {"sub": "7", "aud": audience, **claims})


def test_a_refusal_says_where_the_metadata_stand_and_a_token_must_name_the_resource() -> None:
    resource = resource_of()
    client = client_for(resource, JWTAuthBackend("sub", resource=resource))
    answer = client.get("/me")
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"] == f'Bearer realm="api", resource_metadata="{METADATA}"'
    for audience in ("https://api.example", f"{MCP}/", [], ["web"], None, {"a": MCP}):
        token = token_for(audience) if audience is not None else forge(GOOD_HEADER, {"sub": "7"})
        for _ in range(2):
            answer = client.get("/me", headers={"Authorization": f"Bearer {token}"})
            assert_problem(answer, 401)
            assert (
                answer.headers["www-authenticate"]
                == f'Bearer realm="api", error="invalid_token", resource_metadata="{METADATA}"'
            )
    for audience in (MCP, ["web", MCP]):
        assert (
            client.get("/me", headers={"Authorization": f"Bearer {token_for(audience)}"}).status_code == 200
        )


def test_the_audience_of_the_settings_is_not_enough() -> None:
    resource = resource_of()
    client = client_for(resource, JWTAuthBackend("sub", resource=resource), jwt_audience="api")
    assert client.get("/me", headers={"Authorization": f"Bearer {token_for('api')}"}).status_code == 401
    assert client.get("/me", headers={"Authorization": f"Bearer {token_for(MCP)}"}).status_code == 200


@pytest.mark.parametrize("kept", [0, 100])
def test_a_token_of_a_ring_must_name_the_resource(kept: int, clock: Clock) -> None:
    resource, ring = resource_of(), KeyRing.generate("HS256", clock=clock)
    client = client_for(
        resource, JWTAuthBackend("sub", tokens=ring, resource=resource, kept=kept, clock=clock)
    )
    for audience, status in ((MCP, 200), ("web", 401), (None, 401)):
        token = ring.sign({"sub": "7"} | ({"aud": audience} if audience else {}))
        for _ in range(2):
            assert client.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == status


def test_a_token_of_an_issuer_must_name_the_resource_besides(kept: int, provider: Provider) -> None:
    resource = resource_of()
    issuer = Issuer(provider.url, audience=["api", MCP], clock=provider.clock)
    backend = JWTAuthBackend("sub", tokens=issuer, resource=resource, kept=kept)
    client = client_for(resource, backend)
    for audience, status in ((MCP, 200), ("api", 401), (["api", MCP], 200)):
        for _ in range(2):
            token = provider.token(aud=audience)
            assert client.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == status


def test_an_opaque_token_must_name_the_resource(provider: Provider) -> None:
    provider.answers["/introspect"] = {"active": True, "sub": "7"}
    resource = resource_of()
    tokens = Introspection(
        provider.url + "/introspect", client_id="a", client_secret="b", clock=provider.clock
    )
    client = client_for(resource, JWTAuthBackend("sub", tokens=tokens, resource=resource))
    assert client.get("/me", headers={"Authorization": "Bearer opaque"}).status_code == 401


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"resource": "http://api.example/mcp"}, "https://"),
        ({"resource": "api.example"}, "https://"),
        ({"resource": "https://api.example/mcp#x"}, "#"),
        ({"resource": "https://api.example/mcp?x=1"}, "no query"),
        ({"resource": "https://api.example/{path}"}, "plain path"),
        ({"resource": "https://api.example/%2e"}, "plain path"),
        ({"resource": 'https://api.example/"'}, "plain path"),
        ({"resource": "https://ada:x@api.example"}, "name or password"),
        ({"resource": None}, "address"),
        ({"authorization_servers": []}, "one at least"),
        ({"authorization_servers": ISSUER}, "list"),
        ({"authorization_servers": ["http://accounts.example"]}, "https://"),
        ({"scopes": "read write"}, "list"),
        ({"scopes": ["read write"]}, "no scope"),
        ({"scopes": ['"']}, "no scope"),
        ({"scopes": [7]}, "no scope"),
        ({"documentation": "docs"}, "https://"),
        ({"name": 7}, "name"),
    ],
    ids=repr,
)
def test_what_cannot_be_is_an_error_at_once(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        resource_of(**changed)


def test_what_is_no_resource_is_an_error_at_once() -> None:
    with pytest.raises(ConfigError, match="takes a ProtectedResource, not str"):
        resource_routes(MCP)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="resource is a ProtectedResource"):
        JWTAuthBackend(resource=MCP)  # type: ignore[arg-type]


def test_what_was_checked_cannot_be_changed_and_is_named() -> None:
    resource = resource_of()
    for name, value in (("resource", "http://evil.example"), ("authorization_servers", ())):
        with pytest.raises(AttributeError):
            setattr(resource, name, value)
    with pytest.raises(TypeError, match="positional"):
        ProtectedResource(MCP, [ISSUER])  # type: ignore[misc]
