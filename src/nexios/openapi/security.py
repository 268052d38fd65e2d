"""The installed backends as security schemes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend
from nexios.auth.middleware import AuthenticationLayer
from nexios.exceptions import ConfigError
from nexios.session.layer import SessionLayer
from nexios.startup import layers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nexios.application import NexiosApp
    from nexios.auth.backends.base import AuthenticationBackend
    from nexios.auth.requirements import Requirement

__all__ = ["Schemes", "scheme_of"]

_UNKNOWN_COOKIE = "session"


class Schemes:
    """What can be presented to an application, by the scopes of its backends.

    Args:
        app: The application.
        given: Schemes by scope, in place of those that follow from the backends.

    Raises:
        ConfigError: The application does not hold together, or a scope that is given has no backend.
    """

    def __init__(self, app: NexiosApp, given: Mapping[str, Mapping[str, Any]]) -> None:
        # What is around an application that is mounted is not seen from inside: it describes no backend then.
        layers, _ = layers_of(app.build(), app.routes[0])
        self.has_session = any(isinstance(layer, SessionLayer) for layer in layers)
        cookies = [layer.cookie.cookie_name for layer in layers if isinstance(layer, SessionLayer)]
        self._cookie = cookies[-1] if cookies else _UNKNOWN_COOKIE
        self.throttled = any(
            isinstance(layer, AuthenticationLayer) and layer.throttle is not None for layer in layers
        )
        self._scopes: dict[str, str | None] = {}
        self.described: dict[str, dict[str, Any]] = {}
        for layer in layers:
            for backend in layer.backends if isinstance(layer, AuthenticationLayer) else ():
                self._add(backend, given)
        unknown = sorted(set(given) - {scope for scope in self._scopes.values() if scope})
        if unknown:
            raise ConfigError(
                f"security describes the scope {unknown[0]!r}, which no installed backend has: choose from "
                f"{', '.join(sorted(repr(scope) for scope in self._scopes.values()))}"
            )

    def wanted(self, requirement: Requirement) -> list[dict[str, list[str]]]:
        """The schemes any one of which `requirement` takes, each with the permissions that it asks for."""
        names = [
            name
            for name, scope in self._scopes.items()
            if requirement.scopes is None or scope is None or scope in requirement.scopes
        ]
        # OpenAPI 3.1, 4.8.30: for schemes other than OAuth's, the names of roles may stand here.
        return [{name: list(requirement.permissions)} for name in names]

    def _add(self, backend: AuthenticationBackend, given: Mapping[str, Mapping[str, Any]]) -> None:
        described = given.get(backend.scope or "") or scheme_of(backend, self._cookie)
        name = base = backend.scope or type(backend).__name__
        number = 1
        while name in self.described:
            if self.described[name] == described:
                return  # two issuers of tokens are one scheme
            number += 1
            name = f"{base}_{number}"
        self._scopes[name] = backend.scope
        self.described[name] = dict(described)


def scheme_of(backend: AuthenticationBackend, cookie: str) -> dict[str, Any]:
    """What `backend` takes, as a security scheme.

    Args:
        backend: The backend.
        cookie: The name of the session's cookie.
    """
    if isinstance(backend, JWTAuthBackend):
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    if isinstance(backend, SessionAuthBackend):
        return {"type": "apiKey", "in": "cookie", "name": cookie}
    if isinstance(backend, APIKeyAuthBackend) and backend.header_name.lower() != "authorization":
        return {"type": "apiKey", "in": "header", "name": backend.header_name}
    scheme = "bearer" if isinstance(backend, APIKeyAuthBackend) else backend.scheme.lower()
    names = [name.decode("ascii") for name in backend.headers or ()]
    if len(names) == 1 and names[0] not in ("authorization", "cookie"):
        return {"type": "apiKey", "in": "header", "name": names[0].title()}
    return {"type": "http", "scheme": scheme}
