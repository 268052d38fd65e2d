"""One request's authentication: whom the backends found, and whether that is enough for a route."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from starlette.requests import empty_receive, empty_send

from nexios.auth.base import BaseUser, UnauthenticatedUser
from nexios.auth.challenge import Challenges
from nexios.auth.model import AuthResult
from nexios.http import Request, Response, WebSocket
from nexios.http.problems import Forbidden, Unauthorized, Unavailable

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from starlette.types import Receive

    from nexios.auth.backends.base import AuthenticationBackend
    from nexios.auth.requirements import Requirement

__all__ = ["STRANGER", "Authentication", "LoadUser", "Nobody"]

LoadUser: TypeAlias = Callable[[str], Awaitable[BaseUser | None]]

STRANGER = UnauthenticatedUser()

logger = logging.getLogger("nexios.auth")


class _Found(NamedTuple):
    result: AuthResult
    user: BaseUser


class Nobody:
    """The authentication of a request that presents no credential; one object serves all of an application's.

    Args:
        backends: The application's backends, in their order.
        user_model: The class of its users.
        load_user: Finds one by identity.
        realm: What its challenges name.
    """

    __slots__ = ("backends", "challenges", "load_user", "user_model")

    credential = None

    def __init__(
        self,
        backends: tuple[AuthenticationBackend, ...],
        user_model: type[BaseUser],
        load_user: LoadUser,
        realm: str,
    ) -> None:
        self.backends = backends
        self.user_model = user_model
        self.load_user = load_user
        self.challenges = Challenges(backends, realm)

    async def admit(self, scope: MutableMapping[str, Any], requirement: Requirement) -> None:
        """Refuse.

        Raises:
            Unauthorized: Always.
        """
        raise Unauthorized("Authentication is required.", self.challenges.header(requirement.scopes))

    def use(self, scope: MutableMapping[str, Any], user: BaseUser, result: AuthResult) -> None:
        """Let the rest of the request run as `user`, who has just proved it."""
        authentication = scope["nexios.authentication"] = Authentication(self, empty_receive, Response())
        authentication.close()
        authentication.use(scope, user, result)

    def forget(self, scope: MutableMapping[str, Any], name: str) -> None:
        """Nobody is known, so that nobody is forgotten."""


class Authentication:
    """The authentication of a request that presents something.

    Backends are asked in their order, the next one only when a guard wants a scope that is not found yet.
    Once one fails (it raised, or answered what is no answer) no other is asked in its place.

    Args:
        app: The application's backends and users.
        receive: Reads the body, for backends that look into it.
        response: Headers and cookies that the backends set.
    """

    __slots__ = (
        *("_app", "_asked", "_current", "_failed", "_found", "_receive", "_refused", "_required"),
        *("body", "response"),
    )

    def __init__(self, app: Nobody, receive: Receive, response: Response) -> None:
        self._app = app
        self._receive = receive
        self.response = response
        self.body: bytes | None = None
        self._asked = 0
        self._found: list[_Found] = []
        self._refused: tuple[str, ...] = ()
        self._failed = False
        self._current: _Found | None = None
        self._required: Requirement | None = None

    @property
    def backends(self) -> tuple[AuthenticationBackend, ...]:
        """The application's backends."""
        return self._app.backends

    @property
    def credential(self) -> object:
        """What the backend in charge verified."""
        return None if self._current is None else self._current.result.credential

    @property
    def backends_left(self) -> bool:
        """Whether a guard may yet ask another backend."""
        return not self._failed and self._asked < len(self._app.backends)

    async def identify(
        self, scope: MutableMapping[str, Any], scopes: frozenset[str] | None = None
    ) -> _Found | None:
        """Take the first credential of one of `scopes` as the request's; None: there is none."""
        for found in self._found:
            if scopes is None or found.result.scope in scopes:
                return self._take(scope, found)
        if not self.backends_left:
            return None
        connection: Any = (Request if scope["type"] == "http" else WebSocket)(
            scope, self._receive, empty_send
        )
        while self.backends_left:
            backend = self._app.backends[self._asked]
            self._asked += 1
            try:
                new = await self._ask(backend, connection)
            except Exception:
                # Whatever went wrong, nobody gets in by it and nobody else is asked in its place.
                logger.exception("%s failed: guarded routes answer 503", type(backend).__name__)
                self._failed = True
                return None
            finally:
                self.body = getattr(connection, "_body", self.body)
            if new is not None:
                self._found.append(new)
                if scopes is None or new.result.scope in scopes:
                    return self._take(scope, new)
        return None

    async def admit(self, scope: MutableMapping[str, Any], requirement: Requirement) -> None:
        """Let the request pass if it meets `requirement` and every earlier one.

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
            current = await self.identify(scope, required.scopes)
            if current is None:
                if self._failed:
                    raise Unavailable("Authentication is not available at the moment.")
                detail = "The credential was refused." if self._refused else "Authentication is required."
                raise Unauthorized(detail, self._app.challenges.header(required.scopes, self._refused))
        for permission in required.permissions:
            try:
                permitted = await _permits(current, permission)
            except Exception:
                logger.exception("has_permission failed: the route answers 503")
                raise Unavailable("Permissions are not available at the moment.") from None
            if not permitted:
                raise Forbidden("You do not have the permission that this needs.")

    def use(self, scope: MutableMapping[str, Any], user: BaseUser, result: AuthResult) -> None:
        """Let the rest of the request run as `user`, who has just proved it."""
        found = _Found(result, user)
        self._found.insert(0, found)
        self._take(scope, found)

    def forget(self, scope: MutableMapping[str, Any], name: str) -> None:
        """Let the rest of the request run without what the backend of scope `name` found."""
        self._found = [found for found in self._found if found.result.scope != name]
        if self._current is not None and self._current.result.scope == name:
            self._current = None
            scope["user"] = STRANGER
            scope["auth"] = None

    def close(self) -> None:
        """Ask no backend any more."""
        self._asked = len(self._app.backends)

    def _take(self, scope: MutableMapping[str, Any], found: _Found) -> _Found:
        self._current = found
        scope["user"] = found.user
        scope["auth"] = found.result.scope
        return found

    async def _ask(self, backend: AuthenticationBackend, connection: Any) -> _Found | None:
        result = await backend.authenticate(connection, self.response)
        if result is None:
            return None
        if not isinstance(result, AuthResult) or not isinstance(result.success, bool):
            raise TypeError(
                f"authenticate answered {type(result).__name__}, not an AuthResult whose success is a bool"
            )
        if not result.success:
            self._refused += (backend.scheme,)
            return None
        identity = result.identity
        if not isinstance(identity, str) or not identity:
            raise TypeError(f"the identity must be text that is not empty, not {type(identity).__name__}")
        if not isinstance(result.scope, str) or not result.scope:
            raise TypeError("the scope must be text that is not empty")
        if isinstance(result.permissions, str):
            raise TypeError("permissions must be a collection of names or None, not one text")
        user = await self._app.load_user(identity)
        if user is None:
            self._refused += (backend.scheme,)
            return None
        if not isinstance(user, self._app.user_model):
            raise TypeError(
                f"load_user answered {type(user).__name__}, not {self._app.user_model.__name__} or None"
            )
        if user.is_authenticated is not True:
            logger.warning("load_user answered a user that is not authenticated: the credential is refused")
            self._refused += (backend.scheme,)
            return None
        return _Found(result, user)


async def _permits(found: _Found, permission: str) -> bool:
    narrowed = found.result.permissions
    if narrowed is not None and permission not in narrowed:
        return False
    answer = found.user.has_permission(permission)
    if inspect.isawaitable(answer):
        answer = await answer
    return answer is True
