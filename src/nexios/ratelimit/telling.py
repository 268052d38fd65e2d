"""The event of a limit that is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.events import LimitReached, events_of
from nexios.http.client import client_address

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from nexios.ratelimit.model import Count

__all__ = ["tell_limit"]


def tell_limit(scope: MutableMapping[str, Any], count: Count, by: str) -> None:
    """Tell whoever listens that a limit is reached.

    Args:
        scope: The request's.
        count: What was counted.
        by: By what, in one word.
    """
    events = events_of(scope)
    if events is None or not events.wants(LimitReached):
        return
    events.emit(
        LimitReached(
            limit=str(count.windows[-1].limit),
            by=by,
            identity=_identity(scope),
            scope=scope.get("auth"),
            address=client_address(scope),
        )
    )


def _identity(scope: MutableMapping[str, Any]) -> str | None:
    """Who asks, unless the identity may be the credential itself."""
    name, authentication = scope.get("auth"), scope.get("nexios.authentication")
    if not name or authentication is None:
        return None
    if any(each.identity_is_secret and each.scope in (name, None) for each in authentication.backends):
        return None
    identity = scope["user"].identity
    return identity if isinstance(identity, str) else None
