"""An API that is a protected resource, for the tests to call."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, has_permission
from nexios.tokens import ProtectedResource, resource_routes
from tests.parts import SECRET

MCP = "https://api.example/mcp"
METADATA = "https://api.example/.well-known/oauth-protected-resource/mcp"
ISSUER = "https://accounts.example"


class Caller(SimpleUser):
    """May whatever the token permits."""

    def has_permission(self, permission: str) -> bool:
        return permission != "never"


def resource_of(**changed: Any) -> ProtectedResource:
    return ProtectedResource(
        **{"resource": MCP, "authorization_servers": [ISSUER], "scopes": ["read"], **changed}
    )


def client_for(
    resource: ProtectedResource, *backends: Any, user_model: Any = Caller, **settings: Any
) -> TestClient:
    app = NexiosApp(config=MakeConfig(**{"secret_key": SECRET, "require_auth": True} | settings))
    app.add_middleware(AuthenticationMiddleware(user_model=user_model, backends=list(backends)))
    app.include(resource_routes(resource))

    @app.get("/read")
    @has_permission(permissions=["read", "list files"])
    async def read(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    @app.get("/never")
    @has_permission("never")
    async def never(request: Request, response: Response) -> dict[str, Any]:
        raise AssertionError

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    return TestClient(app)
