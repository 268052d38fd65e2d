"""What an application of Starlette's or FastAPI's needs once: middleware, settings, refusals, a store."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from nexios.auth.middleware import AuthenticationMiddleware
from nexios.config import MakeConfig
from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.http.problems import Problem, problem_response
from nexios.lifespan import upgraded
from nexios.running import Configured, running_config
from nexios.session import SessionMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from nexios.types import MiddlewareRecipe

__all__ = ["install"]

logger = logging.getLogger("nexios")


def install(
    app: Starlette,
    *middleware: MiddlewareRecipe,
    config: MakeConfig | None = None,
    store: Any = None,
    problems: bool = True,
) -> None:
    """Put Nexios into an application of Starlette's or FastAPI's.

    Args:
        app: The application, before its first request.
        middleware: In the order of Nexios: the first is the outermost, as `SessionMiddleware(...)` before
            `AuthenticationMiddleware(...)`. What the application has already is inside of them.
        config: The settings of all of them, of `create_jwt` within requests, and of who is a trusted proxy.
        store: Opened and upgraded when the application starts, and closed when it stops.
        problems: Answer refusals by problem bodies (RFC 9457), as NexiosApp does; otherwise the host answers
            them as it answers any `HTTPException`.

    Raises:
        ConfigError: An argument is of another kind, or the application has started.
    """
    if not hasattr(app, "user_middleware") or not hasattr(app, "router"):
        raise ConfigError(
            f"install takes an application of Starlette or FastAPI, not {type(app).__name__}: "
            "install(app, ...)"
        )
    if app.middleware_stack is not None:
        raise ConfigError("the application has started: call install(app, ...) before its first request")
    if not isinstance(config, MakeConfig | None):
        raise ConfigError(f"config is a MakeConfig, not {type(config).__name__}: MakeConfig(secret_key=...)")
    for recipe in middleware:
        if isinstance(recipe, type) or not callable(recipe):
            shown = recipe.__name__ if isinstance(recipe, type) else type(recipe).__name__
            raise ConfigError(f"install takes middleware as it is made, e.g. {shown}(...), not a class")
        if iscoroutinefunction(type(recipe).__call__):
            raise ConfigError(
                f"install takes middleware, which {type(recipe).__name__} is not: a dependency of everything "
                f"stands in FastAPI(dependencies=[Depends(...)])"
            )
    _check_order(middleware)
    # Starlette's way is the other way round: what is added last is the outermost.
    for recipe in reversed(middleware):
        app.add_middleware(_configured(recipe, config))
    if config is not None:
        app.add_middleware(_around(config))
    if problems:
        # What the application has for them already is its own, and stays.
        app.exception_handlers.setdefault(Problem, _answer_problem)
        app.exception_handlers.setdefault(StoreUnavailable, _answer_unavailable)
    if store is not None:
        _keep_open(app, store)


def _check_order(middleware: tuple[object, ...]) -> None:
    kinds = [type(recipe) for recipe in middleware]
    inside = kinds[kinds.index(AuthenticationMiddleware) :] if AuthenticationMiddleware in kinds else []
    if SessionMiddleware in inside:
        raise ConfigError(
            "install takes middleware in the order of Nexios, the outermost first: "
            "put SessionMiddleware(...) before AuthenticationMiddleware(...)"
        )


def _configured(recipe: MiddlewareRecipe, config: MakeConfig | None) -> Callable[[ASGIApp], ASGIApp]:
    """`recipe`, built under `config`."""

    def build(app: ASGIApp) -> ASGIApp:
        token = running_config.set(config)
        try:
            return recipe(app)
        finally:
            running_config.reset(token)

    return build


def _around(config: MakeConfig) -> Callable[[ASGIApp], ASGIApp]:
    def build(app: ASGIApp) -> ASGIApp:
        return Configured(app, config)

    return build


async def _answer_problem(connection: Any, refusal: Any) -> Any:
    return problem_response(refusal.status_code, refusal.detail, refusal.headers)


async def _answer_unavailable(connection: Any, error: Exception) -> Any:
    logger.error("%s: the route answers 503", error)
    return problem_response(503, "The server cannot answer the request at the moment.")


def _keep_open(app: Starlette, store: Any) -> None:
    """Open `store` before all else starts, and close it when all else has stopped."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(host: Any) -> AsyncIterator[Any]:
        async with store, upgraded(store), inner(host) as state:
            yield state

    app.router.lifespan_context = lifespan
