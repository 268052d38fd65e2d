"""Events of what becomes of credentials; called only where somebody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.auth.model import AuthResult
from nexios.events import Authenticated, Refused
from nexios.http.client import client_address

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from nexios.auth.backends.base import AuthenticationBackend
    from nexios.auth.base import BaseUser
    from nexios.events import Events

# What is as long as this and stands in a secret is part of it.
_PART = 8

__all__ = ["tell_authenticated", "tell_forbidden", "tell_no_credential", "tell_refused"]


def tell_authenticated(
    events: Events,
    scope: MutableMapping[str, Any],
    backend: AuthenticationBackend,
    result: AuthResult,
    user: BaseUser,
) -> None:
    """A credential was found good."""
    if events.wants(Authenticated):
        identity = _public(result.identity, user) if backend.identity_is_secret else result.identity
        events.emit(Authenticated(identity=identity, scope=result.scope, address=client_address(scope)))


def tell_refused(
    events: Events, scope: MutableMapping[str, Any], backend: AuthenticationBackend, result: AuthResult | str
) -> None:
    """A credential was refused, or nothing could be found out about it.

    Args:
        events: Who is told.
        scope: The request's.
        backend: Whose credential it is.
        result: What the backend answered, whose user there is not; or in words what went wrong.
    """
    if not events.wants(Refused):
        return
    identity, reason = None, result if isinstance(result, str) else None
    if isinstance(result, AuthResult):
        reason = "unknown user" if result.success else _text(result.reason)
        identity = None if backend.identity_is_secret else _text(result.identity) or None
    events.emit(Refused(identity=identity, scope=backend.scope, address=client_address(scope), reason=reason))


def tell_no_credential(events: Events, scope: MutableMapping[str, Any], *, other: bool = False) -> None:
    """A guard let nobody in, since there was no credential, or only one of another scope."""
    if events.wants(Refused):
        reason = "another scope" if other else "no credential"
        events.emit(Refused(address=client_address(scope), reason=reason))


def tell_forbidden(
    events: Events,
    scope: MutableMapping[str, Any],
    backends: Iterable[AuthenticationBackend],
    result: AuthResult,
    permission: str,
) -> None:
    """Somebody who is known may not."""
    if not events.wants(Refused):
        return
    secret = any(each.identity_is_secret and each.scope in (result.scope, None) for each in backends)
    identity = _public(result.identity, scope.get("user")) if secret else result.identity
    events.emit(
        Refused(
            identity=identity,
            scope=result.scope,
            address=client_address(scope),
            reason="permission",
            permission=permission,
        )
    )


def _public(secret: str, user: object) -> str | None:
    """The identity of a user whom the credential itself named, unless they have it for their name."""
    try:
        identity = getattr(user, "identity", None)
    except Exception:  # the application's own property
        return None
    if not isinstance(identity, str) or not identity or secret in identity:
        return None
    # A short one may stand in a random key by chance.
    return None if len(identity) >= _PART and identity in secret else identity


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
