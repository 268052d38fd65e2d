"""An application as it answers somebody who is logged in already.

The stack of the application is copied with another layer in place of its AuthenticationMiddleware. The
application itself stays what it is: no header, cookie or scope that a client sends leads to the copy.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette

from nexios.application import NexiosApp
from nexios.auth.authentication import STRANGER, Nobody
from nexios.auth.base import BaseUser
from nexios.auth.identity import identity_text
from nexios.auth.middleware import AuthenticationLayer
from nexios.auth.model import AuthResult
from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["acting"]

_USER = "nexios.testing.user"


def acting(
    app: ASGIApp,
    user: BaseUser | str,
    *,
    scope: str | None = None,
    permissions: Collection[str] | None = None,
    credential: object = None,
) -> ASGIApp:
    """`app` as it answers requests of `user`, whatever credentials they bring; `app` itself is not changed.

    Args:
        app: A NexiosApp, or a Starlette or FastAPI application with AuthenticationMiddleware.
        user: The user, or the identity that the application's `load_user` finds it by at each request.
        scope: The backend that the user seems to have come by, e.g. `"jwt"`; the first one by default.
        permissions: Narrows what the user may do, as a credential does; None: no narrowing.
        credential: What handlers find as `request.credential`.

    Raises:
        ConfigError: The application has no AuthenticationMiddleware that can be found, or no such backend.
        TypeError: `user` is no user who is authenticated, or `permissions` no collection of names.
    """
    if isinstance(app, _Acting):
        app = app.original
    if isinstance(user, BaseUser):
        if user.is_authenticated is not True or identity_text(user.identity) is None:
            raise TypeError("acting takes a user who is authenticated and has an identity")
    elif not isinstance(user, str) or not user:
        raise TypeError(f"acting takes a user or an identity, not {type(user).__name__}")
    if isinstance(permissions, str) or not isinstance(permissions, Collection | None):
        raise TypeError("permissions is a collection of names: permissions={'read'}")
    layers: list[_ActingLayer] = []
    copied = _copied(
        app, app, lambda layer, host: _ActingLayer(layer, host, scope, permissions, credential), layers
    )
    if not layers:
        raise ConfigError(
            "there is no AuthenticationMiddleware to act in: add one, and let every middleware around it "
            "keep the app that it wraps as its attribute `app`"
        )
    return _Acting(app, copied, layers[0], user)


class _Acting:
    """The copy of an application, whose requests are of one user."""

    def __init__(self, original: ASGIApp, app: ASGIApp, layer: _ActingLayer, user: BaseUser | str) -> None:
        self.original = original
        self.app = app
        self._layer = layer
        self._user = user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the user's."""
        if scope["type"] != "lifespan":
            # Out here, so that a test is told: the application would answer an exception by a 500.
            scope = {**scope, _USER: await self._layer.loaded(self._user)}
        await self.app(scope, receive, send)


class _ActingLayer:
    """Stands where the AuthenticationMiddleware stood."""

    def __init__(
        self,
        layer: AuthenticationLayer,
        host: ASGIApp,
        scope: str | None,
        permissions: Collection[str] | None,
        credential: object,
    ) -> None:
        self.app = layer.app
        self._nobody: Nobody = layer._nobody
        self._host = host
        self._scope = _checked_scope(layer, scope)
        self._permissions = permissions
        self._credential = credential

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request run as the user."""
        if scope["type"] != "lifespan":
            scope["app"] = self._host
            scope["user"] = STRANGER
            scope["auth"] = None
            user = scope[_USER]
            self._nobody.use(
                scope, user, AuthResult(True, user.identity, self._scope, self._permissions, self._credential)
            )
        await self.app(scope, receive, send)

    async def loaded(self, user: BaseUser | str) -> BaseUser:
        """The user, as the application finds it."""
        if isinstance(user, BaseUser):
            return user
        found = await self._nobody.load_user(user)
        if found is None:
            raise LookupError(f"load_user knows nobody of the identity {user!r}")
        return found


def _copied(part: Any, host: Any, replaced: Any, layers: list[_ActingLayer]) -> Any:
    """`part` of a stack with the layer replaced; itself where there is none within."""
    if isinstance(part, AuthenticationLayer):
        layers.append(replaced(part, host))
        return layers[-1]
    name = "app"
    if isinstance(part, NexiosApp):
        name, host = "_stack", part
        part.build()
    elif isinstance(part, Starlette):
        name, host = "middleware_stack", part
        if part.middleware_stack is None:
            part.middleware_stack = part.build_middleware_stack()
    inner = getattr(part, name, None)
    if inner is None:
        return part
    within = _copied(inner, host, replaced, layers)
    if within is inner:
        return part
    copied = copy.copy(part)
    setattr(copied, name, within)
    return copied


def _checked_scope(layer: AuthenticationLayer, scope: str | None) -> str:
    known = [backend.scope for backend in layer.backends]
    if scope is None:
        if known[0] is None:
            raise ConfigError('the first backend does not say its scope: acting(app, user, scope="...")')
        return known[0]
    if scope not in known and None not in known:
        raise ConfigError(
            f"no backend has the scope {scope!r}: choose from {', '.join(map(repr, known))}, or leave it out"
        )
    return scope
