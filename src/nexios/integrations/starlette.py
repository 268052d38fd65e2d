"""Nexios in an application of Starlette's.

```python
app = Starlette(routes=[
    Route("/profile", auth()(profile)),                         # a function, or a class-based endpoint
    Mount("/admin", routes=[...], middleware=[Middleware(requires(permission="admin"))]),
    Mount("/reports", app=requires(scope="jwt")(reports)),      # a router, or any ASGI app
])
install(app, SessionMiddleware(), AuthenticationMiddleware(user_model=User, backend=...), config=config)
```
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket

from nexios.auth.admission import admitted, refuse_websocket
from nexios.auth.uncalled import no_dependency
from nexios.exceptions import ConfigError
from nexios.http.problems import Problem, problem_response
from nexios.integrations.asking import requirement_of
from nexios.integrations.hosting import install

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from nexios.auth.requirements import Requirement

__all__ = ["install", "requires"]

# Stands in the scope where the host answers exceptions; around the whole application it does not.
_ANSWERED = "starlette.exception_handlers"


@no_dependency(
    "requires of nexios.integrations.starlette guards mounts and routers: for Depends(requires(...)) "
    "import it from nexios.integrations.fastapi"
)
class requires:
    """Guards everything below a mount, a router or any ASGI app: a middleware for `Mount(middleware=[...])`.

    Args:
        scope: The backend that must have authenticated the user, e.g. `"jwt"`.
        scopes: Several, any one of which will do.
        permission: What the user must be permitted.
        permissions: Several, all of which are needed.

    Raises:
        ConfigError: The arguments are of another kind.
    """

    def __init__(
        self,
        scope: str | None = None,
        *,
        scopes: Sequence[str] | None = None,
        permission: str | None = None,
        permissions: Sequence[str] | None = None,
    ) -> None:
        if callable(scope):
            raise ConfigError(
                "requires is called first: write Middleware(requires(...)), or requires(...)(app)"
            )
        self._requirement = requirement_of(scope, scopes, permission, permissions)

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Guard `app`."""
        if not callable(app):
            raise ConfigError(f"requires(...) guards an ASGI app or router, not {type(app).__name__}")
        if inspect.isroutine(app) and len(inspect.signature(app).parameters) == 1:
            raise ConfigError(
                f"requires(...) guards an ASGI app or router, and {app.__name__} is a handler: decorate it "
                f"with @auth(...) or @has_permission(...) of nexios.auth"
            )
        return _Guarded(app, self._requirement)

    def __repr__(self) -> str:
        return f"requires({self._requirement})"


class _Guarded:
    def __init__(self, app: ASGIApp, requirement: Requirement) -> None:
        self.app = app
        self._requirement = requirement

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask, then pass the request on."""
        if scope["type"] == "websocket":
            try:
                await admitted(scope, self._requirement)
            except Problem as refusal:
                return await refuse_websocket(WebSocket(scope, receive, send), refusal)
        elif scope["type"] == "http":
            try:
                await admitted(scope, self._requirement)
            except Problem as refusal:
                if _ANSWERED in scope:
                    raise
                refused = problem_response(refusal.status_code, refusal.detail, refusal.headers)
                return await refused(scope, receive, send)
        await self.app(scope, receive, send)
