"""The three routes that the page calls; what guards each is one line."""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING, Any

from nexios.auth import auth, has_permission
from nexios.routing import Router

if TYPE_CHECKING:
    from nexios.http import Request, Response

__all__ = ["guarded_routes", "sources"]


def guarded_routes() -> Router:
    """`/profile`, `/api/data` and `/admin`."""
    router = Router()

    @router.get("/profile")
    @auth()
    async def profile(request: Request, response: Response) -> dict[str, Any]:
        """Whoever is known gets in."""
        return {
            "message": f"Welcome back, {request.user.display_name}!",
            "user_id": request.user.identity,
            "credential": request.auth,
        }

    @router.get("/api/data")
    @auth(scope="apikey")
    async def protected_data(request: Request, response: Response) -> dict[str, Any]:
        """An API key gets in, and nothing else."""
        return {
            "data": "This is protected data",
            "user": request.user.display_name,
        }

    @router.get("/admin")
    @has_permission("admin")
    async def admin(request: Request, response: Response) -> dict[str, Any]:
        """Whoever has the permission gets in."""
        return {
            "message": f"{request.user.display_name} may do everything here.",
            "permissions": sorted(request.user.permissions),
        }

    return router


def sources(router: Router) -> dict[str, str]:
    """The code of each route as it stands in its file, by the route's path."""
    return {
        declaration.path: textwrap.dedent(inspect.getsource(declaration.handler))
        for declaration in router.declarations()
    }
