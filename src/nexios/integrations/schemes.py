"""The backends of an application as security schemes of its OpenAPI, by which "Authorize" works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer, SecurityBase
from fastapi.security.base import SecurityBase as SecurityScheme

from nexios.auth.middleware import AuthenticationMiddleware
from nexios.openapi.security import scheme_of
from nexios.session import SessionMiddleware

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI

__all__ = ["ANY", "Presented", "describe_installed"]

ANY = "nexios"
"""Stands for whatever the application takes, until it is known what that is."""


_Schemes: TypeAlias = dict[str, tuple[str | None, dict[str, Any]]]


class Presented(SecurityScheme):
    """Says in OpenAPI what is presented; it asks nothing itself.

    Args:
        scope: The scope of the backend that takes it, or `ANY`.
    """

    def __init__(self, scope: str) -> None:
        self.scheme_name = scope
        self.model = _usual(scope)

    async def __call__(self) -> None:
        """Nothing: the guard asks."""


def describe_installed(app: FastAPI, middleware: Iterable[object]) -> None:
    """Let the OpenAPI of `app` name what the backends among `middleware` take."""
    installed = list(middleware)
    cookies = [each.cookie.cookie_name for each in installed if isinstance(each, SessionMiddleware)]
    backends = [
        backend
        for each in installed
        if isinstance(each, AuthenticationMiddleware)
        for backend in each.backends
    ]
    if not backends:
        return
    schemes: _Schemes = {}
    for backend in backends:
        name = backend.scope or type(backend).__name__
        scheme = scheme_of(backend, cookies[-1] if cookies else "session")
        if name in schemes and schemes[name][1] != scheme:
            name = f"{name}-{len(schemes)}"
        schemes[name] = (backend.scope, scheme)
    describe = app.openapi
    done: list[dict[str, Any]] = []

    def openapi() -> dict[str, Any]:
        document = describe()
        # FastAPI makes it once, and gives the same one from then on.
        if not any(document is earlier for earlier in done):
            done[:] = [document]
            _name_schemes(document, schemes)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _name_schemes(document: dict[str, Any], schemes: _Schemes) -> None:
    """Put the schemes of the backends in place of those that `Presented` has guessed."""

    def standing_for(name: str) -> list[str]:
        return [found for found, (scope, _) in schemes.items() if name in (ANY, scope) or scope is None]

    guessed = {ANY, *(scope for scope, _ in schemes.values() if scope)}
    used: set[str] = set()
    for path in document.get("paths", {}).values():
        for operation in path.values():
            alternatives: list[dict[str, Any]] = []
            for alternative in operation.get("security", []) if isinstance(operation, dict) else []:
                name = next(iter(alternative), "")
                names = standing_for(name) if len(alternative) == 1 and name in guessed else []
                used.update(names)
                alternatives += [{found: alternative[name]} for found in names] or [alternative]
            if alternatives:
                operation["security"] = [
                    each for number, each in enumerate(alternatives) if each not in alternatives[:number]
                ]
    components = document.get("components", {}).get("securitySchemes", {})
    for name in guessed & set(components):
        del components[name]
    for name in sorted(used):
        components[name] = schemes[name][1]


def _usual(scope: str) -> SecurityBase:
    """What a backend of this scope takes, unless it is made otherwise."""
    if scope == "session":
        return _key(APIKeyIn.cookie, "session")
    if scope == "apikey":
        return _key(APIKeyIn.header, "X-API-Key")
    return HTTPBearer(bearerFormat="JWT") if scope == "jwt" else HTTPBearer()


def _key(where: APIKeyIn, name: str) -> APIKey:
    return APIKey.model_validate({"in": where, "name": name})
