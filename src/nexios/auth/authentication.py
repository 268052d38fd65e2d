"""One request's authentication: whom the backends found, and whether that is enough for a route."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from types import CoroutineType
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from starlette.requests import empty_receive, empty_send

from nexios.auth.base import BaseUser, UnauthenticatedUser, is_named
from nexios.auth.believing import is_known, is_success
from nexios.auth.challenge import Challenges
from nexios.auth.failures import log_failure, log_permission_failure
from nexios.auth.telling import tell_authenticated, tell_forbidden, tell_no_credential, tell_refused
from nexios.events import Events
from nexios.http import Request, Response, WebSocket
from nexios.http.problems import TooManyRequests, Unavailable
from nexios.http.replay import Replayed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, MutableMapping

    from starlette.types import Receive

    from nexios.auth.backends.base import AuthenticationBackend
    from nexios.auth.model import AuthResult
    from nexios.auth.requirements import Requirement
    from nexios.http.problems import Problem
    from nexios.ratelimit.throttle import Throttle

__all__ = ["STRANGER", "Authentication", "LoadUser", "Nobody"]

LoadUser: TypeAlias = Callable[[str], Awaitable[BaseUser | None]]

STRANGER = UnauthenticatedUser()


class _Found(msgspec.Struct, frozen=True):
    result: AuthResult
    user: BaseUser


class Nobody:
    """The authentication of a request that presents no credential; one object serves all of an application's.

    Args:
        backends: The application's backends, in their order.
        user_model: The class of its users.
        load_user: Finds one by identity.
        realm: What its challenges name.
        events: Who is told what becomes of credentials.
        throttle: Counts those that are refused; None: nobody does.
    """

    __slots__ = (
        *("_always", "_by_header", "backends", "challenges", "events", "load_user", "throttle"),
        "user_model",
    )

    credential = None
    permissions = None

    def __init__(
        self,
        backends: tuple[AuthenticationBackend, ...],
        user_model: type[BaseUser],
        load_user: LoadUser,
        realm: str,
        events: Events | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self.backends = backends
        self.throttle = throttle
        self.events = Events() if events is None else events
        self.user_model = user_model
        self.load_user = load_user
        self.challenges = Challenges(backends, realm)
        named = {name for backend in backends for name in backend.headers or ()}
        self._always = self._looking_at(set())
        self._by_header = {name: self._looking_at({name}) for name in named}

    def backends_for(self, headers: Iterable[tuple[bytes, bytes]]) -> tuple[AuthenticationBackend, ...]:
        """The backends that a request of these headers has anything for."""
        by_header = self._by_header
        first = None
        for name, _ in headers:
            if name in by_header:
                if first is None:
                    first = name
                elif name != first:
                    return self._looking_at({name for name, _ in headers})
        return self._always if first is None else by_header[first]

    def _looking_at(self, names: set[bytes]) -> tuple[AuthenticationBackend, ...]:
        return tuple(b for b in self.backends if b.headers is None or not names.isdisjoint(b.headers))

    def admit(self, scope: MutableMapping[str, Any], requirement: Requirement) -> Awaitable[None] | None:
        """Refuse.

        Raises:
            Unauthorized: Always.
        """
        if self.events.listening:
            tell_no_credential(self.events, scope)
        raise self.challenges.refusal(requirement.scopes)

    def use(self, scope: MutableMapping[str, Any], user: BaseUser, result: AuthResult) -> None:
        """Let the rest of the request run as `user`, who has just proved it."""
        authentication = Authentication(self, iter(()))
        scope["nexios.authentication"] = authentication
        authentication.use(scope, user, result)

    def forget(self, scope: MutableMapping[str, Any], name: str) -> None:
        """Nobody is known, so that nobody is forgotten."""


class Authentication(msgspec.Struct, eq=False):
    """The authentication of a request that presents something.

    Backends are asked in their order, the next one only when a guard wants a scope that is not found yet.
    Once one fails (it raised, or answered what is no answer) no other is asked in its place.

    Attributes:
        app: The application's backends and users.
        unasked: The backends that the request has something for and that were not asked yet, in their order.
        receive: Reads the body, for backends that look into it; nothing where none does.
        response: What backends set headers and cookies on; None as long as none is asked that could.
        body: The body for all who read it; None as long as nobody does.
        barred: What is answered in place of a 401, since too many credentials were refused; None: nothing.
    """

    app: Nobody
    unasked: Iterator[AuthenticationBackend]
    receive: Receive = empty_receive
    response: Response | None = None
    body: Replayed | None = None
    barred: Problem | None = None
    _current: _Found | None = None
    _failed: bool = False
    _found: tuple[_Found, ...] = ()
    _refused: tuple[str, ...] = ()
    _required: Requirement | None = None

    @property
    def backends(self) -> tuple[AuthenticationBackend, ...]:
        """The application's backends."""
        return self.app.backends

    @property
    def events(self) -> Events:
        """Who is told what becomes of the credentials."""
        return self.app.events

    @property
    def credential(self) -> object:
        """What the backend in charge verified."""
        return None if self._current is None else self._current.result.credential

    @property
    def permissions(self) -> Collection[str] | None:
        """To what the credential of the backend in charge narrows its user; None: to nothing."""
        return None if self._current is None else self._current.result.permissions

    async def identify(
        self, scope: MutableMapping[str, Any], scopes: frozenset[str] | None = None
    ) -> _Found | None:
        """Take the first credential of one of `scopes` as the request's; None: there is none."""
        for found in self._found:
            if scopes is None or found.result.scope in scopes:
                return self._take(scope, found)
        for backend in self.unasked:
            try:
                if backend.at_once:
                    result: Any = backend.find(scope)
                    if type(result) is CoroutineType:
                        # Most are known at once, and this one must be asked about.
                        result = await result
                else:
                    result = await self._authenticated(backend, scope)
                if result is None:
                    continue
                user = None
                if is_success(result):
                    user = await self.app.load_user(result.identity)
                    if user is not None and not is_known(user, self.app.user_model):
                        user = None
            except TooManyRequests as refusal:
                self.barred, self.unasked = refusal, iter(())
                return None
            except Exception as error:
                # Whatever went wrong, nobody gets in by it and nobody else is asked in its place.
                log_failure(backend, error)
                if self.app.events.listening:
                    tell_refused(self.app.events, scope, backend, "unavailable")
                self._failed = True
                self.unasked = iter(())
                return None
            if user is None:
                self._refused += (result.challenge or backend.scheme,)
                if self.app.events.listening:
                    tell_refused(self.app.events, scope, backend, result)
                if self.app.throttle is not None:
                    self.barred = await self.app.throttle.count(scope, backend, result)
                    if self.barred is not None:
                        self.unasked = iter(())
                continue
            found = _Found(result, user)
            self._found += (found,)
            if self.app.events.listening:
                tell_authenticated(self.app.events, scope, backend, result, user)
            if scopes is None or result.scope in scopes:
                return self._take(scope, found)
        return None

    def admit(self, scope: MutableMapping[str, Any], requirement: Requirement) -> Awaitable[None] | None:
        """Let the request pass if it meets `requirement` and every earlier one.

        Returns:
            None where that is settled, else what must be awaited before it is.

        Raises:
            Unauthorized: No credential is good for the route.
            Forbidden: The user, or the credential, may not.
            Unavailable: A backend or the user's own code failed.
        """
        # A guard inside a guard must not run as somebody of whom the outer one asked nothing.
        required = requirement if self._required is None else self._required & requirement
        self._required = required
        current = self._current
        if current is None or (required.scopes is not None and current.result.scope not in required.scopes):
            return self._admit_later(scope, required)
        return self._permit(scope, current, required) if required.permissions else None

    async def _admit_later(self, scope: MutableMapping[str, Any], required: Requirement) -> None:
        current = await self.identify(scope, required.scopes)
        if current is None:
            if self.barred is not None:
                raise self.barred
            if self._failed:
                raise Unavailable("Authentication is not available at the moment.")
            if not self._refused and self.app.events.listening:
                tell_no_credential(self.app.events, scope, other=bool(self._found))
            raise self.app.challenges.refusal(required.scopes, self._refused)
        await self._permit(scope, current, required)

    async def _permit(self, scope: MutableMapping[str, Any], current: _Found, required: Requirement) -> None:
        for permission in required.permissions:
            try:
                permitted = await _permits(current, permission)
            except Exception as error:
                log_permission_failure(self.backends, current.result.scope, error)
                raise Unavailable("Permissions are not available at the moment.") from None
            if not permitted:
                if self.app.events.listening:
                    tell_forbidden(self.app.events, scope, self.backends, current.result, permission)
                raise self.app.challenges.forbidden(current.result, permission, required.permissions)

    def use(self, scope: MutableMapping[str, Any], user: BaseUser, result: AuthResult) -> None:
        """Let the rest of the request run as `user`, who has just proved it."""
        found = _Found(result, user)
        self._found = (found, *self._found)
        self._take(scope, found)

    def forget(self, scope: MutableMapping[str, Any], name: str) -> None:
        """Let the rest of the request run without what the backend of scope `name` found."""
        self._found = tuple(found for found in self._found if found.result.scope != name)
        if self._current is not None and self._current.result.scope == name:
            self._current = None
            scope["user"] = STRANGER
            scope["auth"] = None

    def _authenticated(
        self, backend: AuthenticationBackend, scope: MutableMapping[str, Any]
    ) -> Awaitable[AuthResult | None]:
        self.body = self.body or Replayed(self.receive)
        self.response = self.response or Response()
        connection: Any = (Request if scope["type"] == "http" else WebSocket)(
            scope, self.body.reader(), empty_send
        )
        return backend.authenticate(connection, self.response)

    def _take(self, scope: MutableMapping[str, Any], found: _Found) -> _Found:
        self._current = found
        scope["user"] = found.user
        scope["auth"] = found.result.scope
        return found


async def _permits(found: _Found, permission: str) -> bool:
    narrowed = found.result.permissions
    if narrowed is not None and not is_named(permission, narrowed):
        return False
    answer = found.user.has_permission(permission)
    if inspect.isawaitable(answer):
        answer = await answer
    return answer is True
