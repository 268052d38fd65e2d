"""What is checked before the first request: does the application hold together?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nexios.auth.middleware import AuthenticationLayer
from nexios.auth.requirements import Requirement, method_requirement
from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nexios.routing import RouteDeclaration

__all__ = ["RouteRow", "check_stack", "layers_of", "marks_of", "requirements_of", "route_rows"]


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A row of `routes_table()`.

    Attributes:
        methods: The HTTP methods, or `WEBSOCKET`, or `MOUNT`.
        path: The path.
        guard: What guards it, in words; `open` where nothing does.
        name: The route's name.
        guarded: Whether a stranger is refused.
        public: Whether it is open on purpose.
    """

    methods: tuple[str, ...]
    path: str
    guard: str
    name: str
    guarded: bool
    public: bool


def route_rows(declarations: Iterable[RouteDeclaration], *, require_auth: bool) -> list[RouteRow]:
    """What answers where, and what guards it."""
    rows = []
    for declaration in declarations:
        for methods, asked in requirements_of(declaration, require_auth=require_auth):
            rows.append(
                RouteRow(
                    methods=methods,
                    path=declaration.path or "/",
                    guard="open" if asked is None else str(asked),
                    name=declaration.name,
                    guarded=asked is not None and not asked.public,
                    public=asked is not None and asked.public,
                )
            )
    return rows


def check_stack(
    stack: Any,
    routes: Any,
    declarations: Iterable[RouteDeclaration],
    scope: Mapping[str, Any],
    *,
    require_auth: bool,
) -> None:
    """Check that the middleware which the routes need is there, and in the right order.

    Args:
        stack: The outermost ASGI app.
        routes: The innermost.
        declarations: The routes.
        scope: The first request's; an application that this one is mounted in has left its marks there.
        require_auth: Whether a route without a guard wants an authenticated user.

    Raises:
        ConfigError: Something is missing or in the wrong place; the message says the mend.
    """
    layers, whole = layers_of(stack, routes)
    authentications = [layer for layer in layers if isinstance(layer, AuthenticationLayer)]
    for layer in authentications:
        _check_session(layers, layer, scope)
    guarded = [
        (declaration.path, asked)
        for declaration in declarations
        for _, asked in requirements_of(declaration, require_auth=require_auth)
        if asked is not None and not asked.public
    ]
    if not authentications:
        if guarded and whole and "nexios.authentication" not in scope:
            raise ConfigError(
                f"{guarded[0][0]} is guarded and there is no AuthenticationMiddleware: "
                f"app.add_middleware(AuthenticationMiddleware(user_model=..., backend=...))"
            )
        return
    known = {backend.scope for layer in authentications for backend in layer.backends}
    if None in known:
        return  # a backend that does not say its scope may answer with any
    for path, asked in guarded:
        for name in sorted((asked.scopes or frozenset()) - known):
            raise ConfigError(
                f"{path} wants the scope {name!r}, which no installed backend has: "
                f"choose from {', '.join(sorted(map(repr, known)))}"
            )


def marks_of(stack: Any, routes: Any, scope: Mapping[str, Any]) -> dict[str, object]:
    """The marks that the middleware leaves in a request's scope, for whatever is mounted inside of it.

    Args:
        stack: The outermost ASGI app.
        routes: The innermost.
        scope: The marks of an application that this one is mounted in itself.
    """
    from nexios.session.layer import SessionLayer

    layers, whole = layers_of(stack, routes)
    marks = {name: scope[name] for name in ("nexios.authentication", "session") if name in scope}
    if not whole or any(isinstance(layer, AuthenticationLayer) for layer in layers):
        marks["nexios.authentication"] = None
    if not whole or any(isinstance(layer, SessionLayer) for layer in layers):
        marks["session"] = None
    return marks


def requirements_of(
    declaration: RouteDeclaration, *, require_auth: bool
) -> Iterator[tuple[tuple[str, ...], Requirement | None]]:
    """What is asked for each method: a class-based handler may have guards on its methods."""
    whole = declaration.requirement
    if whole is None and require_auth:
        whole = Requirement()
    if declaration.kind != "http":
        yield ("WEBSOCKET",) if declaration.kind == "websocket" else ("MOUNT",), whole
    elif not isinstance(declaration.handler, type):
        yield declaration.methods, whole
    else:
        for method in declaration.methods:
            yield (method,), method_requirement(declaration.handler, method, whole)


def layers_of(stack: Any, routes: Any) -> tuple[list[Any], bool]:
    """The layers from the outermost to the routes, and whether they could be followed to the end."""
    layers = []
    while stack is not routes:
        layers.append(stack)
        stack = getattr(stack, "app", None)
        if stack is None:
            return layers, False
    return layers, True


def _may_bring_session(layer: object) -> bool:
    """Whether a layer of somebody else's could set `scope["session"]`; Starlette's own cannot end one."""
    return not type(layer).__module__.startswith(("nexios.", "starlette."))


def _check_session(layers: list[Any], layer: AuthenticationLayer, scope: Mapping[str, Any]) -> None:
    from nexios.auth.backends.session import SessionAuthBackend
    from nexios.session.layer import SessionLayer

    if "session" in scope or not any(isinstance(backend, SessionAuthBackend) for backend in layer.backends):
        return
    outside = layers[: layers.index(layer)]
    if any(isinstance(other, SessionLayer) for other in outside):
        return
    if any(isinstance(other, SessionLayer) for other in layers):
        raise ConfigError(
            "SessionAuthBackend needs SessionMiddleware before AuthenticationMiddleware: put the line "
            "app.add_middleware(SessionMiddleware()) above the other"
        )
    if not any(_may_bring_session(other) for other in outside):
        raise ConfigError(
            "SessionAuthBackend needs SessionMiddleware before AuthenticationMiddleware: "
            "app.add_middleware(SessionMiddleware()) first"
        )
