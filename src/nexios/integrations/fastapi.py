"""Nexios in an application of FastAPI's.

```python
app = FastAPI()
install(app, SessionMiddleware(), AuthenticationMiddleware(user_model=User, backends=[...]), config=config)

@app.get("/orders")
async def orders(user: Annotated[User, Depends(requires(scope="jwt", permissions=["read"]))]): ...

router = APIRouter(dependencies=[Depends(requires()), Depends(limited("100/minute"))])
```
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI, Response, WebSocketException
from fastapi.security import SecurityScopes
from starlette.requests import HTTPConnection

from nexios.auth.admission import admitted
from nexios.auth.requirements import Requirement
from nexios.auth.uncalled import no_dependency
from nexios.exceptions import ConfigError
from nexios.http.problems import Problem
from nexios.integrations import hosting
from nexios.integrations.asking import requirement_of
from nexios.integrations.schemes import ANY, Presented, describe_installed
from nexios.ratelimit.decorator import checked_limit, count_request
from nexios.ratelimit.fields import put_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nexios.config import MakeConfig
    from nexios.ratelimit import RateLimits
    from nexios.ratelimit.whose import By
    from nexios.types import MiddlewareRecipe

__all__ = ["install", "limited", "requires"]

_POLICY_VIOLATION = 1008
_EMPTY = inspect.Parameter.empty


def install(
    app: FastAPI,
    *middleware: MiddlewareRecipe,
    config: MakeConfig | None = None,
    store: Any = None,
    problems: bool = True,
) -> None:
    """Put Nexios into an application of FastAPI's, whose OpenAPI then names what its backends take.

    Args:
        app: The application, before its first request.
        middleware: In the order of Nexios: the first is the outermost, as `SessionMiddleware(...)` before
            `AuthenticationMiddleware(...)`. What the application has already is inside of them.
        config: The settings of all of them, of `create_jwt` within requests, and of who is a trusted proxy.
        store: Opened and upgraded when the application starts, and closed when it stops.
        problems: Answer refusals by problem bodies (RFC 9457), as NexiosApp does; otherwise FastAPI answers
            them as it answers any `HTTPException`.

    Raises:
        ConfigError: An argument is of another kind, or the application has started.
    """
    if not isinstance(app, FastAPI):
        raise ConfigError(
            f"install takes a FastAPI, not {type(app).__name__}; "
            f"use nexios.integrations.starlette for Starlette"
        )
    hosting.install(app, *middleware, config=config, store=store, problems=problems)
    describe_installed(app, middleware)


@no_dependency("Depends(requires) would let everybody in: call it, Depends(requires(...))")
class requires:
    """A dependency that lets only users in who meet it, and gives the user: `Depends(requires(...))`.

    It is asked before the body is validated, and before any dependency that stands after it.

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
        self._requirement = requirement_of(scope, scopes, permission, permissions)
        # FastAPI reads from it what to pass, and from the dependencies that it names what is presented.
        self.__signature__ = _signature(
            connection=(HTTPConnection, _EMPTY),
            asked=(SecurityScopes, _EMPTY),
            **{
                f"presented_{number}": (None, Depends(Presented(name)))
                for number, name in enumerate(sorted(self._requirement.scopes or {ANY}))
            },
        )

    async def __call__(self, connection: HTTPConnection, asked: SecurityScopes, **presented: None) -> Any:
        """Let the request pass, and give its user.

        Args:
            connection: The request or WebSocket.
            asked: What `Security(..., scopes=[...])` asks for, here or around: permissions too.
            presented: What OpenAPI names.

        Raises:
            Problem: It may not: 401, 403, 429 or 503; for a WebSocket: it is closed.
        """
        requirement = self._requirement
        if asked.scopes:
            requirement &= Requirement(permissions=tuple(asked.scopes))
        try:
            await admitted(connection.scope, requirement)
        except Problem as refusal:
            raise _fitting(connection, refusal) from None
        return connection.scope["user"]

    def __repr__(self) -> str:
        return f"requires({self._requirement})"


@no_dependency('Depends(limited) would count nothing: call it, Depends(limited("10/minute"))')
class limited:
    """A dependency that lets a request pass only so often: `Depends(limited("10/minute", by="ip"))`.

    The answer tells by its headers how it stands, unless the handler makes a response of its own; beyond the
    limit it is 429.

    Args:
        limit: How often, e.g. `"10/minute"`, or several: `"10/minute; 1000/day"`.
        by: What is counted: `"user"`, `"ip"`, `"credential"`, or a function of the request.
        name: Counts together with every limit of this name; the route's path by default.
        limits: Counts; the application's by default.

    Raises:
        ConfigError: An argument is of another kind.
    """

    def __init__(
        self, limit: str, *, by: By = "user", name: str | None = None, limits: RateLimits | None = None
    ) -> None:
        self._limit = checked_limit(limit, by, name, limits)
        self._by = by
        self._name = name
        self._counters = limits
        self.__signature__ = _signature(connection=(HTTPConnection, _EMPTY), response=(Response, _EMPTY))

    async def __call__(self, connection: HTTPConnection, response: Response) -> None:
        """Count the request.

        Args:
            connection: The request or WebSocket.
            response: What sets headers of the answer that FastAPI makes.

        Raises:
            Problem: It is one too many, 429, or the counters are not there, 503; a WebSocket is closed.
        """
        name = self._name or f"{connection.scope.get('method')} {_path(connection)}"
        try:
            added = await count_request(connection, self._limit, self._by, name, self._counters)
        except Problem as refusal:
            raise _fitting(connection, refusal) from None
        put_fields(response.headers, added)

    def __repr__(self) -> str:
        return f"limited({', '.join(map(str, self._limit))})"


def _signature(**taken: tuple[Any, Any]) -> inspect.Signature:
    """A signature of these parameters, each with its type and default."""
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(
        [
            inspect.Parameter(name, kind, annotation=annotation, default=default)
            for name, (annotation, default) in taken.items()
        ]
    )


def _path(connection: HTTPConnection) -> str:
    """The path as it was declared: whatever stands for its parameters, the limit is one."""
    # Newer ones of FastAPI's do not copy the routes of a router that is included: what stands in the scope
    # knows its path within the router alone, which others may have too.
    included = connection.scope.get("fastapi")
    route = included.get("effective_route_context") if isinstance(included, dict) else None
    route = route or connection.scope.get("route")
    return str(getattr(route, "path", None) or connection.scope["path"])


def _fitting(connection: HTTPConnection, refusal: Problem) -> Exception:
    """What stops the handler: before a WebSocket is accepted, closing it is all that there is."""
    if connection.scope["type"] == "websocket":
        return WebSocketException(_POLICY_VIOLATION, refusal.detail)
    return refusal
