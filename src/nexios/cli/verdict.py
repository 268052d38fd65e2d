"""Would a token be taken, and if not, why?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nexios.auth.backends.jwt import JWTAuthBackend, decode_jwt
from nexios.auth.identity import identity_text
from nexios.auth.middleware import AuthenticationLayer
from nexios.cli.layers import built
from nexios.cli.loading import users_code
from nexios.exceptions import ConfigError, InvalidToken
from nexios.http import Request, Response
from nexios.running import running_config

if TYPE_CHECKING:
    from nexios.application import NexiosApp
    from nexios.auth.model import AuthResult
    from nexios.config import MakeConfig

__all__ = ["Verdict", "by_app", "by_config"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a token.

    Attributes:
        taken: Whether it would be taken; None: that cannot be said, since nobody checked its signature.
        reason: Why, in words.
    """

    taken: bool | None
    reason: str


def by_config(token: str, config: MakeConfig) -> Verdict:
    """What an application with the settings `config` would do with `token`."""
    if not config.secret_keys and config.jwt_key is None:
        return Verdict(None, "there is no key; set NEXIOS_SECRET_KEY, or name the application by --app")
    try:
        _decode(token, config)
    except ConfigError as error:
        return Verdict(None, str(error))
    except InvalidToken as refused:
        return Verdict(False, str(refused))
    return Verdict(True, "the signature is good and the claims hold")


def by_app(token: str, app: NexiosApp) -> Verdict:
    """What the JWTAuthBackends of `app` do with `token`.

    Raises:
        ConfigError: The application does not hold together.
    """
    layers = built(app)
    backends = [
        backend
        for layer in layers.of(AuthenticationLayer)
        for backend in layer.backends
        if isinstance(backend, JWTAuthBackend)
    ]
    if not backends:
        if layers.hidden_by is not None:
            return by_config(token, app.config)
        return Verdict(False, "the application has no JWTAuthBackend: add AuthenticationMiddleware with one")
    reasons = []
    for backend in backends:
        result = _found(token, backend)
        if result is not None and result.success is True:
            return Verdict(
                True, f"the signature is good and the claims hold; its identity is {result.identity!r}"
            )
        if backend.tokens is not None and result is not None and result.reason:
            reasons.append(result.reason)
    return Verdict(False, "; ".join(reasons) or _why(token, app, backends))


def _found(token: str, backend: JWTAuthBackend) -> AuthResult | None:
    """Whom the backend itself finds: nothing that it asks is asked a second time here."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token}".encode("latin-1", "replace"))],
    }
    with users_code("the application cannot check tokens", "its JWTAuthBackend raised this"):
        return asyncio.run(backend.authenticate(Request(scope), Response()))


def _why(token: str, app: NexiosApp, backends: list[JWTAuthBackend]) -> str:
    try:
        claims = _decode(token, app.config)
    except InvalidToken as refused:
        return str(refused)
    names = [
        backend.identifier for backend in backends if identity_text(claims.get(backend.identifier)) is None
    ]
    if names:
        return f"the claim {' or '.join(names)} names no identity, as JWTAuthBackend(identifier=...) wants it"
    return "the application's JWTAuthBackend refuses it"


def _decode(token: str, config: MakeConfig) -> dict[str, Any]:
    running = running_config.set(config)
    try:
        return decode_jwt(token)
    finally:
        running_config.reset(running)
