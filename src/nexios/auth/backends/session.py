"""Sessions as a credential, and what begins and ends them: `login` and `logout`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.base import BaseUser
from nexios.auth.identity import identity_text
from nexios.auth.model import AuthResult
from nexios.events import SessionBegan, SessionEnded, events_of
from nexios.exceptions import ConfigError
from nexios.http.client import client_address

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import Scope

    from nexios.events import Events
    from nexios.http import Request, Response

__all__ = ["SessionAuthBackend", "login", "logout"]


class SessionAuthBackend(AuthenticationBackend):
    """Authenticates by the session that `login` began; needs SessionMiddleware added before it.

    Args:
        session_key: The session's key under which the user stands.
        identifier: The name of the identity there.
    """

    scope = "session"
    scheme = "Cookie"
    at_once = True
    headers = frozenset({b"cookie"})

    def __init__(self, session_key: str = "user", identifier: str = "id") -> None:
        for name, value in (("session_key", session_key), ("identifier", identifier)):
            if not isinstance(value, str) or not value:
                raise ConfigError(f"SessionAuthBackend: {name} must be text that is not empty")
        self.session_key = session_key
        self.identifier = identifier

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        """Read the user of the session."""
        return self.find(request.scope)

    def find(self, scope: Scope) -> AuthResult | None:
        """Read the user of the session."""
        session = scope.get("session")
        if session is None:
            raise ConfigError(
                "SessionAuthBackend needs SessionMiddleware before AuthenticationMiddleware: "
                "app.add_middleware(SessionMiddleware()) first"
            )
        # Ours is only looked at; another host's is any mapping.
        key = self.session_key
        # Another host's session may be any mapping.
        kept = session.peek(key) if hasattr(session, "peek") else session.get(key)
        if not isinstance(kept, dict):
            return None
        identity = identity_text(kept.get(self.identifier))
        if identity is None:
            return AuthResult(False, "", self.scope)
        return AuthResult(True, identity, self.scope, None, session)


def login(request: HTTPConnection, user: BaseUser) -> None:
    """Begin a session for `user`: it goes on under a new id (ASVS 7.2.4).

    Its other data is kept, unless somebody else was logged in.

    Args:
        request: The request; its session is that of SessionMiddleware.
        user: The user, who is authenticated and has an identity.

    Raises:
        TypeError: `user` is no user, or a stranger.
        ConfigError: There is no SessionMiddleware, or no SessionAuthBackend.
        Forbidden: The request comes from another site.
    """
    if not isinstance(user, BaseUser):
        raise TypeError(f"login takes a user that inherits from BaseUser, not {type(user).__name__}")
    identity = identity_text(user.identity)
    if identity is None or user.is_authenticated is not True:
        raise TypeError(
            "login takes a user who is authenticated and whose identity is text that is not empty"
        )
    backend, session = _backend(request), _session(request)
    session.restart()
    before = session.get(backend.session_key)
    if isinstance(before, dict) and identity_text(before.get(backend.identifier)) != identity:
        session.clear()  # what somebody else left in this browser is not for this user (CWE-384)
    session[backend.session_key] = {backend.identifier: identity}
    session.identity = identity
    request.scope["nexios.authentication"].use(
        request.scope, user, AuthResult(True, identity, backend.scope, None, session)
    )
    events = events_of(request.scope)
    if events is not None and events.wants(SessionBegan):
        address = client_address(request.scope)
        events.emit(
            SessionBegan(identity=identity, scope=backend.scope, address=address, session_id=session.id)
        )


def logout(request: HTTPConnection) -> None:
    """End the request's session with all that is in it; its cookie is dead (ASVS 7.4.1). May be called again.

    Args:
        request: The request; its session is that of SessionMiddleware.

    Raises:
        ConfigError: There is no SessionMiddleware.
    """
    session = _session(request)
    events = events_of(request.scope)
    if events is not None and events.wants(SessionEnded):
        _tell_end(events, request, session)
    session.end()
    authentication = request.scope.get("nexios.authentication")
    if authentication is not None:
        for backend in authentication.backends:
            if isinstance(backend, SessionAuthBackend):
                authentication.forget(request.scope, backend.scope)


def _tell_end(events: Events, request: HTTPConnection, session: Any) -> None:
    """Somebody logs out, unless nobody was logged in."""
    authentication = request.scope.get("nexios.authentication")
    for backend in () if authentication is None else authentication.backends:
        if isinstance(backend, SessionAuthBackend):
            kept = session.peek(backend.session_key)
            identity = identity_text(kept.get(backend.identifier)) if isinstance(kept, dict) else None
            if identity is not None:
                address = client_address(request.scope)
                events.emit(
                    SessionEnded(
                        identity=identity, scope=backend.scope, address=address, session_id=session.id
                    )
                )
            return


def _session(request: HTTPConnection) -> Any:
    session = request.scope.get("session")
    if not hasattr(session, "restart"):
        # Starlette's session is a dict, which nobody can end.
        raise ConfigError(
            "login and logout need nexios.session.SessionMiddleware: "
            "app.add_middleware(SessionMiddleware()) first"
        )
    return session


def _backend(request: HTTPConnection) -> SessionAuthBackend:
    authentication = request.scope.get("nexios.authentication")
    for backend in () if authentication is None else authentication.backends:
        if isinstance(backend, SessionAuthBackend):
            return backend
    raise ConfigError(
        "login needs a SessionAuthBackend: add AuthenticationMiddleware(..., "
        "backend=SessionAuthBackend()) to the application"
    )
