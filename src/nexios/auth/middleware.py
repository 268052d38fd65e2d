"""The middleware that finds out who is asking."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

from starlette.requests import empty_receive

from nexios.auth.authentication import STRANGER, Authentication, LoadUser, Nobody
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.base import BaseUser, SimpleUser
from nexios.events import Events, running_events
from nexios.exceptions import ConfigError
from nexios.http.answers import with_headers
from nexios.running import Configured, running_config

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from nexios.config import MakeConfig
    from nexios.ratelimit.throttle import Throttle

__all__ = ["AuthenticationLayer", "AuthenticationMiddleware"]


class AuthenticationMiddleware:
    """Finds out who is asking: `request.user`, and by which backend: `request.scope["auth"]`.

    An instance is a recipe: `app.add_middleware(AuthenticationMiddleware(...))` is the same line in Nexios,
    Starlette and FastAPI.

    Args:
        user_model: The class of the users; its `load_user` finds one by identity.
        backend: The backend that authenticates, or
        backends: several, asked in this order; the first that succeeds names the identity.
        config: The settings for the backends in a host that is not Nexios.
        throttle: How many credentials of one address, or for one identity, may be refused, e.g.
            `"10/minute"`; beyond that, the address is not heard for a while. None: any number. Or a
            `nexios.ratelimit.Throttle`.
        events: Who is told what becomes of credentials; the application's own where it is left out.

    Raises:
        ConfigError: `user_model` is no user model, or the backends are none.
    """

    def __init__(
        self,
        *,
        user_model: type[BaseUser],
        backend: AuthenticationBackend | None = None,
        backends: Sequence[AuthenticationBackend] | None = None,
        config: MakeConfig | None = None,
        throttle: str | Throttle | None = None,
        events: Events | None = None,
    ) -> None:
        self.user_model = _user_model(user_model)
        self.backends = _backends(backend, backends)
        self._config = config
        if events is not None and not isinstance(events, Events):
            raise ConfigError(f"events is an Events, not {type(events).__name__}: events=Events()")
        self._events = events
        self._throttle = throttle
        if throttle is not None:
            _throttle(throttle)
        if user_model.load_user.__func__ is SimpleUser.load_user.__func__:  # type: ignore[attr-defined]
            for each in self.backends:
                if each.identity_is_secret:
                    raise ConfigError(
                        f"{type(each).__name__} hands the key itself to load_user, and {user_model.__name__} "
                        f"takes whatever it is given: define a load_user that looks the key's hash up"
                    )

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Wrap `app`."""
        config = self._config if self._config is not None else running_config.get()
        bound = tuple(backend.bind(config) for backend in self.backends)
        realm = "api" if config is None else config.realm
        events = self._events if self._events is not None else running_events.get()
        throttle = None if self._throttle is None else _throttle(self._throttle)
        layer = AuthenticationLayer(app, self.user_model, bound, realm, events, throttle)
        return layer if self._config is None else Configured(layer, self._config)

    def __repr__(self) -> str:
        names = ", ".join(type(backend).__name__ for backend in self.backends)
        return f"AuthenticationMiddleware(user_model={self.user_model.__name__}, backends=[{names}])"


class AuthenticationLayer:
    """The middleware at work in one application."""

    def __init__(
        self,
        app: ASGIApp,
        user_model: type[BaseUser],
        backends: tuple[AuthenticationBackend, ...],
        realm: str,
        events: Events | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self.app = app
        self.backends = backends
        self._realm = realm
        self._nobody = Nobody(backends, user_model, _loader(user_model), realm, events, throttle)
        # One that answers at once sees neither the body nor the response.
        self._looks_further = not all(backend.at_once for backend in backends)

    @property
    def events(self) -> Events:
        """Who is told what becomes of credentials."""
        return self._nobody.events

    @property
    def throttle(self) -> Throttle | None:
        """Who counts the credentials that are refused; None: nobody does."""
        return self._nobody.throttle

    def measure(
        self,
        backend: Callable[[AuthenticationBackend], AuthenticationBackend],
        load_user: Callable[[LoadUser], LoadUser],
    ) -> None:
        """Ask others from now on, which measure how long those that were asked so far take."""
        nobody = self._nobody
        self.backends = tuple(backend(each) for each in self.backends)
        self._nobody = Nobody(
            self.backends,
            nobody.user_model,
            load_user(nobody.load_user),
            self._realm,
            nobody.events,
            nobody.throttle,
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Authenticate the request and pass it on."""
        if scope["type"] == "lifespan":
            return self.app(scope, receive, send)
        # Each request starts as a stranger, whatever the scope brought along.
        scope["user"] = STRANGER
        scope["auth"] = None
        scope["nexios.authentication"] = self._nobody
        backends = self._nobody.backends_for(scope["headers"])
        if not backends:
            return self.app(scope, receive, send)
        return self._authenticate(backends, scope, receive, send)

    async def _authenticate(
        self, backends: tuple[AuthenticationBackend, ...], scope: Scope, receive: Receive, send: Send
    ) -> None:
        throttle = self._nobody.throttle
        if throttle is not None and throttle.barred:
            barred = throttle.refusal(scope)
            if barred is not None:
                scope["nexios.authentication"] = Authentication(self._nobody, iter(()), barred=barred)
                return await self.app(scope, receive, send)
        if not self._looks_further:
            authentication = scope["nexios.authentication"] = Authentication(self._nobody, iter(backends))
            await authentication.identify(scope)
            return await self.app(scope, receive, send)
        authentication = scope["nexios.authentication"] = Authentication(
            self._nobody, iter(backends), receive
        )
        try:
            await authentication.identify(scope)
            receive, send = _replaying(authentication, receive), _with_headers(authentication, send)
            await self.app(scope, receive, send)
        finally:
            # The server's `receive` holds the scope, which holds this: a cycle would be the collector's work.
            authentication.receive, authentication.body = empty_receive, None


def _with_headers(authentication: Authentication, send: Send) -> Send:
    """Add what backends set on their response to the answer, whoever writes it."""

    def send_with_headers(message: Message) -> Awaitable[None]:
        response = authentication.response
        if response is not None and response.touched:
            message = with_headers(message, response.checked_headers())
        return send(message)

    return send_with_headers


def _replaying(authentication: Authentication, receive: Receive) -> Receive:
    """Give a body that a backend has read once more to the handler."""
    again: Receive | None = None

    async def receive_again() -> Message:
        nonlocal again
        if again is None:
            again = receive if authentication.body is None else authentication.body.last_reader()
        return await again()

    return receive_again


def _user_model(model: Any) -> type[BaseUser]:
    if not (isinstance(model, type) and issubclass(model, BaseUser)):
        raise ConfigError("user_model must be a class that inherits from BaseUser: class User(BaseUser): ...")
    load_user = getattr(model.load_user, "__func__", None)
    if load_user is None or load_user is BaseUser.load_user.__func__:  # type: ignore[attr-defined]
        raise ConfigError(
            f"{model.__name__} must define `async def load_user(cls, identity)` as a classmethod"
        )
    return model


def _backends(backend: Any, backends: Any) -> tuple[AuthenticationBackend, ...]:
    if (backend is None) == (backends is None):
        raise ConfigError(
            "AuthenticationMiddleware takes either backend=JWTAuthBackend() or backends=[...], "
            + ("not both: leave one out" if backend is not None else "and one of them must be given")
        )
    chosen = (backend,) if backends is None else backends
    if not isinstance(chosen, (tuple, list)) or not chosen:
        raise ConfigError("backends must be a list of backends, with at least one in it")
    for each in chosen:
        if isinstance(each, type):
            raise ConfigError(f"{each.__name__} is a class: pass an instance, {each.__name__}()")
        if not isinstance(each, AuthenticationBackend):
            raise ConfigError(f"{type(each).__name__} is no backend: inherit from AuthenticationBackend")
        if not inspect.iscoroutinefunction(each.authenticate):
            raise ConfigError(f"{type(each).__name__}.authenticate must be `async def`")
    return tuple(chosen)


def _throttle(throttle: str | Throttle) -> Throttle:
    # Nobody else needs the package that counts.
    from nexios.ratelimit.throttle import Throttle

    return throttle if isinstance(throttle, Throttle) else Throttle(throttle)


def _loader(model: type[BaseUser]) -> LoadUser:
    if inspect.iscoroutinefunction(model.load_user):
        return model.load_user

    async def load(identity: str) -> BaseUser | None:
        user: Any = model.load_user(identity)
        return cast("BaseUser | None", await user if inspect.isawaitable(user) else user)

    return load
