"""Routes as an application declares them: paths, methods and handlers."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeVar

from nexios.auth.requirements import ROUTED_ATTRIBUTE, Requirement, handler_requirement
from nexios.exceptions import ConfigError

__all__ = ["RouteDeclaration", "Router"]

Handler = TypeVar("Handler", bound=Callable[..., Any])

HTTP_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class RouteDeclaration:
    """One route.

    Attributes:
        path: Its path, with parameters as `{name}` or `{name:int}`.
        handler: The handler as decorated.
        methods: The HTTP methods; empty where the handler decides (a class, a mounted app, a WebSocket).
        name: By which `url_path_for` finds it.
        kind: What answers: a handler, a WebSocket's handler, or a mounted app.
    """

    path: str
    handler: Any
    methods: tuple[str, ...]
    name: str
    kind: Literal["http", "websocket", "mount"] = "http"

    @property
    def requirement(self) -> Requirement | None:
        """What its guard asks; None: there is none."""
        return handler_requirement(self.handler)


class Router:
    """A group of routes, which `app.include(router)` takes.

    Args:
        prefix: What the path of each route begins with.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = _prefix(prefix)
        self._declared: list[RouteDeclaration] = []

    def get(self, path: str, *, name: str | None = None) -> Callable[[Handler], Handler]:
        """Route GET (and HEAD) requests of `path` to the decorated handler."""
        return self.route(path, methods=["GET"], name=name)

    def post(self, path: str, *, name: str | None = None) -> Callable[[Handler], Handler]:
        """Route POST requests of `path` to the decorated handler."""
        return self.route(path, methods=["POST"], name=name)

    def put(self, path: str, *, name: str | None = None) -> Callable[[Handler], Handler]:
        """Route PUT requests of `path` to the decorated handler."""
        return self.route(path, methods=["PUT"], name=name)

    def patch(self, path: str, *, name: str | None = None) -> Callable[[Handler], Handler]:
        """Route PATCH requests of `path` to the decorated handler."""
        return self.route(path, methods=["PATCH"], name=name)

    def delete(self, path: str, *, name: str | None = None) -> Callable[[Handler], Handler]:
        """Route DELETE requests of `path` to the decorated handler."""
        return self.route(path, methods=["DELETE"], name=name)

    def head(self, path: str, *, name: str | None = None) -> Callable[[Handler], Handler]:
        """Route HEAD requests of `path` to the decorated handler, in place of GET's."""
        return self.route(path, methods=["HEAD"], name=name)

    def options(self, path: str, *, name: str | None = None) -> Callable[[Handler], Handler]:
        """Route OPTIONS requests of `path` to the decorated handler, in place of the list of methods."""
        return self.route(path, methods=["OPTIONS"], name=name)

    def route(
        self, path: str, methods: Collection[str] | None = None, *, name: str | None = None
    ) -> Callable[[Handler], Handler]:
        """Route requests of `path` to the decorated handler.

        Args:
            path: Begins with a slash; parameters stand as `{name}`, `{name:int}`, `{name:path}` and so on.
            methods: The HTTP methods; GET for a function, for a class those that it has.
            name: By which `url_path_for` finds it; the handler's name by default.

        Raises:
            ConfigError: The path or a method cannot be.
        """
        if isinstance(methods, str):
            raise ConfigError(f'methods is a list: methods=["{methods}"]')

        def decorate(handler: Handler) -> Handler:
            _check(handler)
            chosen = tuple(map(_method, methods)) if methods else _default_methods(handler)
            self._declare(RouteDeclaration(path, handler, chosen, name or _name(handler)))
            return handler

        return decorate

    def websocket_route(self, path: str, *, name: str | None = None) -> Callable[[Handler], Handler]:
        """Route WebSockets of `path` to the decorated handler, which gets the WebSocket."""

        def decorate(handler: Handler) -> Handler:
            _check(handler)
            self._declare(RouteDeclaration(path, handler, (), name or _name(handler), "websocket"))
            return handler

        return decorate

    def mount(self, path: str, app: Any, *, name: str | None = None) -> None:
        """Give every request below `path` to another ASGI app."""
        if not callable(app):
            raise ConfigError(
                f'mount takes an ASGI app, not {type(app).__name__}: app.mount("/files", other_app)'
            )
        self._declare(RouteDeclaration(path.rstrip("/"), app, (), name or "", "mount"))

    def include(self, router: Router, prefix: str = "") -> None:
        """Take over the routes of `router`.

        Args:
            router: A group of routes, as it is now.
            prefix: What their paths begin with, before the group's own prefix.
        """
        # An application is a group too, but would leave its middleware and its require_auth behind.
        if not isinstance(router, Router) or callable(router):
            raise ConfigError(
                f"include takes a group of routes, a nexios.routing.Router, not {type(router).__name__}; "
                f"another application is mounted: app.mount(path, app)"
            )
        start = _prefix(prefix)
        for declaration in router.declarations():
            self._declare(replace(declaration, path=start + declaration.path))

    def declarations(self) -> list[RouteDeclaration]:
        """Every route of the group, in the order of declaration."""
        return list(self._declared)

    def _declare(self, declaration: RouteDeclaration) -> None:
        path = declaration.path
        if not isinstance(path, str) or not (
            path.startswith("/") or (declaration.kind == "mount" and not path)
        ):
            raise ConfigError(f"the path {path!r} must begin with a slash: '/{path}'")
        self._declared.append(replace(declaration, path=self.prefix + path))
        # A guard put above the route's decorator finds this and says so; methods are not decorated after.
        with contextlib.suppress(AttributeError):
            setattr(declaration.handler, ROUTED_ATTRIBUTE, True)


def _check(handler: object) -> None:
    if not callable(handler):
        raise ConfigError(
            f"a route wants a handler, not {type(handler).__name__}: put @app.get(...) above an `async def`"
        )


def _default_methods(handler: Any) -> tuple[str, ...]:
    if not isinstance(handler, type):
        return ("GET",)
    return tuple(method for method in HTTP_METHODS if callable(getattr(handler, method.lower(), None)))


def _method(name: object) -> str:
    # RFC 9110 9.1: a method is a token
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        raise ConfigError(f'{name!r} is no HTTP method: methods=["GET", "POST"]')
    return name.upper()


def _name(handler: Any) -> str:
    while isinstance(handler, partial):
        handler = handler.func
    return getattr(handler, "__name__", type(handler).__name__)


def _prefix(prefix: str) -> str:
    if prefix and not prefix.startswith("/"):
        raise ConfigError(f"the prefix {prefix!r} must begin with a slash: '/{prefix}'")
    return prefix.rstrip("/")
