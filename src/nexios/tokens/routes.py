"""Routes by which others find out about tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.auth.decorators import public
from nexios.exceptions import ConfigError
from nexios.http.encoding import json_bytes
from nexios.routing import Router
from nexios.tokens.resource import ProtectedResource

if TYPE_CHECKING:
    from nexios.http import Request, Response

__all__ = ["resource_routes"]

# Pages of other origins read it as well: it is for everybody, and no cookie has a part in it.
_FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"}
_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "3600",
}


def resource_routes(resource: ProtectedResource) -> Router:
    """The route by which clients find out who issues tokens for `resource` (RFC 9728).

    It stands at the root of the host, so include it without a prefix: for the resource
    `https://api.example/mcp` at `/.well-known/oauth-protected-resource/mcp`. Everybody may read it.

    Args:
        resource: The resource.

    Returns:
        A group of routes for `app.include`.

    Raises:
        ConfigError: It is no resource.
    """
    if not isinstance(resource, ProtectedResource):
        raise ConfigError(
            f"resource_routes takes a ProtectedResource, not {type(resource).__name__}: "
            f"resource_routes(ProtectedResource(resource=..., authorization_servers=[...]))"
        )
    router, body = Router(), json_bytes(resource.metadata())

    @router.get(resource.metadata_path, name="protected_resource_metadata")
    @public
    async def metadata(request: Request, response: Response) -> Response:
        return _with(response.fill(body), _FOR_ALL).set_header("Content-Type", "application/json")

    @router.options(resource.metadata_path, name="protected_resource_preflight")
    @public
    async def preflight(request: Request, response: Response) -> Response:
        return _with(response.status(204), _PREFLIGHT)

    return router


def _with(response: Response, headers: dict[str, str]) -> Response:
    for name, value in headers.items():
        response.set_header(name, value)
    return response
