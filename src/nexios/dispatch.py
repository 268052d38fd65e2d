"""From a request's path and method to the endpoint that answers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MethodType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette._utils import get_route_path
from starlette.datastructures import URL, URLPath
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Match, Mount, NoMatchFound, compile_path, replace_params

from nexios.auth.requirements import UNGUARDED_ATTRIBUTE, Requirement, guard_of, method_requirement
from nexios.exceptions import ConfigError
from nexios.handlers import Endpoint, asgi_endpoint, http_endpoint, websocket_endpoint
from nexios.http import Request, Response
from nexios.http.answers import ANSWER_BEGUN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable
    from re import Pattern

    from starlette.convertors import Convertor
    from starlette.types import Receive, Scope, Send

    from nexios.http.errors import ErrorAnswers
    from nexios.routing import RouteDeclaration
from nexios.segments import BySegment

__all__ = ["Dispatcher"]

# Stands among the methods of a path for its WebSocket; no HTTP method can be called so (RFC 9110 9.1).
_WEBSOCKET = "(websocket)"
_ASCII = bytes(range(0x21, 0x7F))


@dataclass(slots=True)
class _Path:
    """A path with parameters, and what answers there."""

    regex: Pattern[str]
    convertors: dict[str, Convertor[Any]]
    methods: dict[str, Endpoint] = field(default_factory=dict)


class Dispatcher:
    """Finds the endpoint: exact paths first, by dictionary; then patterns and mounts as declared.

    Args:
        declarations: The routes.
        errors: Turns exceptions into answers.
        require_auth: A route without a guard wants an authenticated user, unless it is public.
    """

    def __init__(
        self, declarations: Iterable[RouteDeclaration], errors: ErrorAnswers, *, require_auth: bool
    ) -> None:
        self._errors = errors
        self._require_auth = require_auth
        self._exact: dict[str, dict[str, Endpoint]] = {}
        self._patterns: dict[str, _Path] = {}
        self._rest: BySegment[_Path | Mount] = BySegment()
        self._mounts: list[Mount] = []
        self._named: list[tuple[str, str, dict[str, Convertor[Any]]]] = []
        for declaration in declarations:
            self.add(declaration)

    def add(self, declaration: RouteDeclaration) -> None:
        """Route one more.

        Raises:
            ConfigError: Its path or handler cannot be.
        """
        requirement = self.requirement(declaration)
        if declaration.kind == "mount":
            inner = _unguarded(declaration.handler)
            app = asgi_endpoint(inner, requirement, self._errors)
            mount = Mount(declaration.path, app=app, name=declaration.name or None)
            mount._base_app = inner
            self._rest.add(declaration.path, mount)
            self._mounts.append(mount)
            return
        try:
            regex, template, convertors = compile_path(declaration.path)
        except (AssertionError, ValueError) as error:
            raise ConfigError(
                f"the path {declaration.path!r} cannot be ({error}): write it like /users/{{user_id:int}}"
            ) from None
        self._named.append((declaration.name, template, convertors))
        methods = self._methods(declaration.path, regex, convertors)
        for method, endpoint in self._endpoints(declaration, requirement, tuple(convertors)).items():
            follows_get = method == "HEAD" and methods.get("HEAD") is methods.get("GET")
            if method not in methods or (follows_get and method in declaration.methods):
                methods[method] = endpoint

    def requirement(self, declaration: RouteDeclaration) -> Requirement | None:
        """What is asked before the route's handler runs; None: nothing."""
        found = declaration.requirement
        if found is None:
            return Requirement() if self._require_auth else None
        return None if found.public else found

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The path of the route called `name`.

        Raises:
            NoMatchFound: There is none with these parameters.
        """
        for found, template, convertors in self._named:
            if found == name and set(path_params) == set(convertors):
                return URLPath(replace_params(template, convertors, dict(path_params))[0])
        for mount in self._mounts:
            try:
                return mount.url_path_for(name, **path_params)
            except NoMatchFound:
                continue
        raise NoMatchFound(name, path_params)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer the request by the endpoint of its path and method."""
        path = get_route_path(scope) if scope.get("root_path") else scope["path"]
        method = scope["method"] if scope["type"] == "http" else _WEBSOCKET
        methods = self._exact.get(path)
        endpoint = None if methods is None else methods.get(method)
        if endpoint is None:
            allowed = dict.fromkeys(methods or ())
            endpoint = self._search(scope, path, method, allowed)
            if endpoint is None:
                return self._answer_otherwise(scope, receive, send, path, method, allowed)
        return endpoint(scope, receive, send)

    async def _answer_otherwise(
        self, scope: Scope, receive: Receive, send: Send, path: str, method: str, allowed: dict[str, None]
    ) -> None:
        answer = await self._otherwise(scope, receive, path, method, allowed)
        await answer(scope, receive, send)
        scope[ANSWER_BEGUN] = True

    def _search(self, scope: Scope, path: str, method: str, allowed: dict[str, None]) -> Endpoint | None:
        """The endpoint of a path with parameters or of a mount; notes in `allowed` which methods would do."""
        for route in self._rest.candidates(path):
            if isinstance(route, Mount):
                child_scope = _inside(route, scope)
                if child_scope is not None:
                    scope.update(child_scope)
                    # As in Starlette, names inside are those of the outermost routes.
                    scope.setdefault("router", self)
                    return route.app
                continue
            found = route.regex.match(path)
            if found is None:
                continue
            endpoint = route.methods.get(method)
            if endpoint is None:
                allowed.update(dict.fromkeys(route.methods))
                continue
            try:
                given = {
                    name: route.convertors[name].convert(text) for name, text in found.groupdict().items()
                }
            except ValueError:
                continue  # e.g. a number of more digits than Python reads
            scope["path_params"] = {**scope.get("path_params", {}), **given}
            return endpoint
        return None

    async def _otherwise(
        self, scope: Scope, receive: Receive, path: str, method: str, allowed: dict[str, None]
    ) -> Endpoint:
        """The answer where no endpoint is for the path and the method."""
        if method is _WEBSOCKET:
            return _close
        allowed.pop(_WEBSOCKET, None)
        if allowed:
            headers = {"Allow": ", ".join(sorted({*allowed, "OPTIONS"}))}
            if method == "OPTIONS":
                return Response(status_code=204, headers=headers)
            error = HTTPException(405, f"The method {method[:20]} is not for this path.", headers)
        else:
            if path != "/" and self._matches(scope, path.rstrip("/") if path.endswith("/") else path + "/"):
                there = scope["path"].rstrip("/") if path.endswith("/") else scope["path"] + "/"
                # RFC 3986 2.1: a client may send bytes that are no text; in an address they are encoded.
                query = quote(scope.get("query_string", b""), safe=_ASCII).encode("ascii")
                url = URL(scope={**scope, "path": there, "query_string": query})
                return RedirectResponse(str(url))
            error = HTTPException(404, "There is nothing at this path.")
        return await self._errors.answer(Request(scope, receive), error)

    def _matches(self, scope: Scope, path: str) -> bool:
        if any(method is not _WEBSOCKET for method in self._exact.get(path, ())):
            return True
        there = {**scope, "path": scope.get("root_path", "") + path}
        return any(
            _inside(route, there) is not None if isinstance(route, Mount) else route.regex.match(path)
            for route in self._rest.candidates(path)
        )

    def _methods(
        self, path: str, regex: Pattern[str], convertors: dict[str, Convertor[Any]]
    ) -> dict[str, Endpoint]:
        if not convertors:
            return self._exact.setdefault(path, {})
        if path not in self._patterns:
            self._patterns[path] = _Path(regex, convertors)
            self._rest.add(path, self._patterns[path])
        return self._patterns[path].methods

    def _endpoints(
        self, declaration: RouteDeclaration, requirement: Requirement | None, params: tuple[str, ...]
    ) -> dict[str, Endpoint]:
        handler = declaration.handler
        if isinstance(handler, type):
            return self._class_endpoints(handler, declaration, requirement, params)
        handler = _unguarded(handler)
        if declaration.kind == "websocket":
            return {_WEBSOCKET: websocket_endpoint(handler, requirement, params)}
        endpoint = http_endpoint(handler, requirement, self._errors, params, declaration.methods)
        return _with_head(dict.fromkeys(declaration.methods, endpoint))

    def _class_endpoints(
        self,
        cls: type,
        declaration: RouteDeclaration,
        requirement: Requirement | None,
        params: tuple[str, ...],
    ) -> dict[str, Endpoint]:
        """An endpoint for each method of a class-based handler, whose own guards stand on its methods."""
        name = cls.__name__
        if declaration.kind == "websocket":
            if not issubclass(cls, WebSocketEndpoint):
                raise ConfigError(f"{name} serves no WebSocket: inherit from Starlette's WebSocketEndpoint")
            return {_WEBSOCKET: asgi_endpoint(_starlette_class(cls), requirement, self._errors)}
        if not declaration.methods:
            raise ConfigError(f"{name} answers no method: define get(self, request, response) or another")
        instance = None if issubclass(cls, HTTPEndpoint) else _instance(cls)
        found = {}
        for method in declaration.methods:
            if not callable(getattr(cls, method.lower(), None)):
                wanted = f"{method.lower()}(self, request, response)"
                raise ConfigError(f"{name} does not answer {method}: define {wanted}")
            asked = method_requirement(cls, method, requirement)
            asked = None if asked is not None and asked.public else asked
            if instance is None:
                found[method] = asgi_endpoint(_starlette_class(cls), asked, self._errors)
                continue
            handler = _unguarded(getattr(instance, method.lower()))
            found[method] = http_endpoint(handler, asked, self._errors, params, [method])
        return _with_head(found)


def _with_head(methods: dict[str, Endpoint]) -> dict[str, Endpoint]:
    """HEAD follows GET (RFC 9110 9.3.2)."""
    if "GET" in methods:
        methods.setdefault("HEAD", methods["GET"])
    return methods


def _inside(mount: Mount, scope: Scope) -> Scope | None:
    """What the scope becomes inside `mount`; None: the path is not below it."""
    try:
        match, child_scope = mount.matches(scope)
    except ValueError:
        return None  # e.g. a number of more digits than Python reads
    return child_scope if match is Match.FULL else None


def _unguarded(handler: Any) -> Any:
    """What stands behind the handler's guard, which is asked for each request where it is routed."""
    guard = guard_of(handler)
    if guard is not None and guard.guarded is handler:
        return guard.handler
    if isinstance(handler, MethodType) and hasattr(handler, UNGUARDED_ATTRIBUTE):
        return MethodType(getattr(handler, UNGUARDED_ATTRIBUTE), handler.__self__)
    return handler


def _instance(cls: type) -> Any:
    try:
        return cls()
    except TypeError as error:
        raise ConfigError(
            f"{cls.__name__} must be made without arguments, one object for all requests: {error}"
        ) from None


def _starlette_class(handler: Any) -> Endpoint:
    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        await handler(scope, receive, send)

    return endpoint


async def _close(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close", "code": 1000, "reason": ""})
