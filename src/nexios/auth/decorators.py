"""Guards: `@auth`, `@has_permission`, and `@public` for a route that wants none."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, MutableMapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any, TypeVar, cast

from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.requests import HTTPConnection

from nexios.auth.admission import admitted, refuse_websocket
from nexios.auth.requirements import (
    GUARD_ATTRIBUTE,
    PUBLIC,
    ROUTED_ATTRIBUTE,
    UNGUARDED_ATTRIBUTE,
    Guard,
    Requirement,
    guard_of,
)
from nexios.auth.uncalled import no_dependency
from nexios.exceptions import ConfigError
from nexios.http import Request, WebSocket
from nexios.http.problems import Problem

_CONNECTIONS: dict[str, Any] = {"http": Request, "websocket": WebSocket}
# What a host may call of an object whose class is guarded.
_CALLED = ("get", "post", "put", "patch", "delete", "head", "options", "__call__")

__all__ = ["auth", "guard", "has_permission", "public"]

Handler = TypeVar("Handler", bound=Callable[..., Any])

_not_depended_on = no_dependency(
    "@auth and @has_permission are decorators, and ask nobody as a dependency: write "
    "Depends(requires(...)), with requires from nexios.integrations.fastapi"
)


@_not_depended_on
def auth(scope: str | None = None, *, scopes: Sequence[str] | None = None) -> Callable[[Handler], Handler]:
    """Let only authenticated users in; all others get 401 (RFC 9110 15.5.2).

    Args:
        scope: The backend that must have authenticated them, e.g. `"jwt"`.
        scopes: Several, any one of which will do.

    Raises:
        ConfigError: The arguments are of another kind, or the decorator stands above the route's.
    """
    if callable(scope):
        raise ConfigError("@auth is called: write @auth() with parentheses")
    names = names_of("auth", "scope", scope, scopes)
    return partial(guard, Requirement(scopes=None if names is None else frozenset(names)))


@_not_depended_on
def has_permission(
    permission: str | None = None, *, permissions: Sequence[str] | None = None
) -> Callable[[Handler], Handler]:
    """Let only users in who have the permission: 401 for strangers, 403 for all others.

    Args:
        permission: The permission's name.
        permissions: Several, all of which are needed.

    Raises:
        ConfigError: The arguments are of another kind, or the decorator stands above the route's.
    """
    if callable(permission):
        raise ConfigError('@has_permission is called: write @has_permission("admin")')
    names = names_of("has_permission", "permission", permission, permissions)
    if names is None:
        raise ConfigError('@has_permission needs the name of a permission: @has_permission("admin")')
    return partial(guard, Requirement(permissions=names))


def public(handler: Handler) -> Handler:
    """Mark a route as open to strangers on purpose, as `MakeConfig(require_auth=True)` wants it."""
    return guard(PUBLIC, handler)


@_not_depended_on
def guard(requirement: Requirement, handler: Handler) -> Handler:
    """`handler` behind `requirement`: a function, method, callable object or class, sync or async.

    Raises:
        ConfigError: The handler is already routed, so that nobody would ever ask the guard.
    """
    if not callable(handler):
        raise ConfigError(
            f"a guard decorates a handler, not {type(handler).__name__}: put it above an `async def`"
        )
    if ROUTED_ATTRIBUTE in getattr(handler, "__dict__", ()):
        raise ConfigError(
            "the guard stands above the route's decorator, where no request passes it: "
            "put @app.get(...) first and the guard below it"
        )
    earlier = guard_of(handler)
    inner: Any = handler
    if earlier is not None:
        requirement = earlier.requirement & requirement
        if earlier.guarded is handler:
            inner = earlier.handler
    if isinstance(handler, type):
        return cast("Handler", _guard_class(requirement, handler))
    if requirement.public:
        guarded: Any = _copied(inner)
    else:
        guarded = _guard_function(requirement, inner)
    setattr(guarded, GUARD_ATTRIBUTE, Guard(inner, requirement, guarded))
    return guarded  # type: ignore[no-any-return]


def _guard_function(requirement: Requirement, handler: Callable[..., Any]) -> Callable[..., Any]:
    call = handler if is_async(handler) else partial(run_in_threadpool, handler)
    if not takes_something(handler):
        raise ConfigError(_not_given(handler))

    @functools.wraps(handler)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        connection = connection_of(handler, args, kwargs)
        if connection.scope["type"] == "websocket":
            try:
                await admitted(connection.scope, requirement)
            except Problem as refusal:
                return await refuse_websocket(connection, refusal)
        else:
            await admitted(connection.scope, requirement)
        return await call(*args, **kwargs)

    return guarded


def _guard_class(requirement: Requirement, cls: Any) -> Any:
    """Guard a class-based handler: Starlette's by its `dispatch`, any other by the methods that answer."""
    setattr(cls, GUARD_ATTRIBUTE, Guard(cls, requirement, cls))
    if requirement.public:
        return cls
    if not issubclass(cls, (HTTPEndpoint, WebSocketEndpoint)):
        _guard_methods(requirement, cls)
        return cls
    dispatch = cls.dispatch
    kind = Request if issubclass(cls, HTTPEndpoint) else WebSocket

    @functools.wraps(dispatch)
    async def guarded(self: Any) -> None:
        connection = kind(self.scope, self.receive, self.send)
        if kind is Request and _is_public(self, self.scope["method"]):
            return await dispatch(self)  # type: ignore[no-any-return]
        try:
            await admitted(self.scope, requirement)
        except Problem as refusal:
            if kind is Request:
                raise
            return await refuse_websocket(connection, refusal)
        return await dispatch(self)  # type: ignore[no-any-return]

    cls.dispatch = guarded
    return cls


def _guard_methods(requirement: Requirement, cls: type) -> None:
    """Guard what answers: another host calls objects or their methods, and sees no mark on the class."""
    for name in _CALLED:
        found: Any = inspect.getattr_static(cls, name, None)
        bound = isinstance(found, (staticmethod, classmethod))
        method = found.__func__ if bound else found
        own = guard_of(method)
        if inspect.isfunction(method) and not (own and own.requirement.public):
            asked = _guard_function(requirement, method)
            setattr(asked, UNGUARDED_ATTRIBUTE, getattr(method, UNGUARDED_ATTRIBUTE, method))
            setattr(cls, name, type(found)(asked) if bound else asked)


def _is_public(endpoint: HTTPEndpoint, method: str) -> bool:
    """Whether what answers `method` is marked @public, in a class that is guarded."""
    name = "get" if method == "HEAD" and not hasattr(endpoint, "head") else method.lower()
    own = guard_of(getattr(endpoint, name, None))
    return own is not None and own.requirement.public


def _copied(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Another handler that does the same; this one may stand at a path where it is not meant to be public."""
    if not inspect.isfunction(handler):
        return functools.wraps(handler)(partial(handler))
    code, names = handler.__code__, handler.__globals__
    copied = FunctionType(code, names, handler.__name__, handler.__defaults__, handler.__closure__)
    copied.__kwdefaults__ = handler.__kwdefaults__
    return functools.wraps(handler)(copied)


def is_async(handler: Callable[..., Any]) -> bool:
    """Whether calling `handler` gives something to await."""
    while isinstance(handler, partial):
        handler = handler.func
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)


def connection_of(handler: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The request or WebSocket among what `handler` is called with.

    Raises:
        ConfigError: There is none.
    """
    for value in (*args, *kwargs.values()):
        if isinstance(value, HTTPConnection):
            return value
    if len(args) >= 3 and isinstance(args[-3], MutableMapping) and args[-3].get("type") in _CONNECTIONS:
        return _CONNECTIONS[args[-3]["type"]](*args[-3:])  # an ASGI app of another host
    raise ConfigError(_not_given(handler))


def takes_something(handler: Callable[..., Any]) -> bool:
    """Whether `handler` has a parameter at all that could be the request."""
    try:
        return bool(inspect.signature(handler).parameters)
    except (TypeError, ValueError):
        return True


def _not_given(handler: Callable[..., Any]) -> str:
    name = getattr(handler, "__name__", type(handler).__name__)
    return f"{name} is guarded but is not given the request: add a parameter `request: Request`"


def names_of(
    decorator: str, word: str, one: str | None, several: Sequence[str] | None
) -> tuple[str, ...] | None:
    """One name or several, as a decorator takes them.

    Raises:
        ConfigError: They are none.
    """
    if one is not None and several is not None:
        raise ConfigError(
            f"@{decorator} takes {word} or {word}s, not both: name all of them in {word}s=[...]"
        )
    if one is None and several is None:
        return None
    if isinstance(several, str):
        raise ConfigError(f'@{decorator}({word}s=...) takes a list: {word}s=["{several}"]')
    names: Any = (one,) if several is None else several
    if not isinstance(names, Collection) or not names or not all(isinstance(n, str) and n for n in names):
        raise ConfigError(f'@{decorator} takes {word} names that are texts and not empty: {word}s=["..."]')
    return tuple(dict.fromkeys(names))
