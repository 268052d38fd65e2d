"""Routes by which the users of an application see where they are logged in, and end it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from nexios.apikeys.model import APIKey
from nexios.auth.admission import admitted
from nexios.auth.backends.session import logout
from nexios.auth.decorators import auth, has_permission
from nexios.auth.identity import identity_text
from nexios.auth.requirements import Requirement
from nexios.description import describe
from nexios.exceptions import ConfigError
from nexios.http.problems import Forbidden, NotFound
from nexios.routing import Router
from nexios.session.manager import Sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nexios.http import Request, Response

__all__ = ["session_routes"]

_BY_KEY = "apikey"

_TAGS = ["Sessions"]
_NARROWER = "The credential does not reach as far, or the request comes from another site."


def session_routes(
    sessions: Sessions,
    prefix: str = "/sessions",
    *,
    scopes: Sequence[str] | None = None,
    permission: str | None = None,
    allow_api_keys: bool = False,
) -> Router:
    """Routes for one's own sessions: list them, end one, end all others.

    Nobody reaches the sessions of somebody else. A credential that is narrowed to some permissions does not
    reach those of its owner, who can do more in them, unless it has `permission`.

    Args:
        sessions: The sessions.
        prefix: Where the routes stand.
        scopes: The backends by which one must be authenticated; None: any but API keys.
        permission: The permission that is needed besides; None: none, and the credential is not narrowed.
        allow_api_keys: Whether an API key will do as well.

    Returns:
        A group of routes for `app.include`.

    Raises:
        ConfigError: One of them cannot be.
    """
    if not isinstance(sessions, Sessions):
        raise ConfigError(
            f"session_routes takes a Sessions, not {type(sessions).__name__}: session_routes(Sessions(store))"
        )
    # Text that came out of the environment, as "no", must not open anything.
    if type(allow_api_keys) is not bool:
        raise ConfigError("session_routes: allow_api_keys is a bool: allow_api_keys=True, or leave it out")
    if scopes is not None and allow_api_keys is not (_BY_KEY in scopes):
        raise ConfigError(
            'session_routes: say allow_api_keys=True and name "apikey" in scopes, or neither of them'
        )
    routes = _SessionRoutes(sessions, narrowed=permission is not None, allow_api_keys=allow_api_keys)
    router, start = Router(), prefix.rstrip("/")

    def guarded(handler: Any) -> Any:
        asked = auth(scopes=scopes)(handler)
        return asked if permission is None else has_permission(permission)(asked)

    router.get(start or "/", name="list_sessions")(guarded(routes.list_sessions))
    router.delete(start or "/", name="end_other_sessions")(guarded(routes.end_other_sessions))
    router.delete(start + "/{session_id}", name="end_session")(guarded(routes.end_session))
    return router


class _SessionRoutes:
    """The handlers; each is behind a guard."""

    def __init__(self, sessions: Sessions, *, narrowed: bool, allow_api_keys: bool) -> None:
        self._sessions = sessions
        self._narrowed = narrowed
        self._allow_api_keys = allow_api_keys

    @describe(tags=_TAGS, answers={403: _NARROWER})
    async def list_sessions(self, request: Request, response: Response) -> dict[str, Any]:
        """Where one is logged in, the last one seen first."""
        identity = await self._identity(request)
        current = _current(request)
        _not_stored(response)
        found = await self._sessions.list(identity)
        return {
            "sessions": [
                {**msgspec.to_builtins(each, str_keys=True), "current": each.id == current} for each in found
            ]
        }

    @describe(tags=_TAGS, answers={403: _NARROWER})
    async def end_other_sessions(self, request: Request, response: Response) -> dict[str, Any]:
        """End all but the one that the request comes by."""
        identity = await self._identity(request)
        _not_stored(response)
        return {"ended": await self._sessions.revoke_all(identity, keep=_current(request))}

    @describe(tags=_TAGS, answers={403: _NARROWER, 404: "There is no such session of one's own."})
    async def end_session(self, request: Request, response: Response, session_id: str) -> None:
        """End one; where it is the one that the request comes by, as a logout does."""
        identity = await self._identity(request)
        found = await self._sessions.get(session_id)
        # Alike for all that are not there for the caller: nobody learns which of them exist (CWE-639).
        if found is None or found.identity != identity:
            raise NotFound("There is no such session.")
        if session_id == _current(request):
            logout(request)
        else:
            await self._sessions.revoke(session_id)
        _not_stored(response)
        response.status(204)

    async def _identity(self, request: Request) -> str:
        authentication = request.scope["nexios.authentication"]
        if not self._allow_api_keys:
            if _is_by_key(request):
                # A session or token that came along will do.
                names = {backend.scope for backend in authentication.backends} - {None, _BY_KEY}
                await admitted(request.scope, Requirement(scopes=frozenset(names)))
            if _is_by_key(request):
                raise Forbidden("Sessions are not managed by an API key here.")
        if authentication.permissions is not None and not self._narrowed:
            raise Forbidden("This needs a credential that may do all that its owner may.")
        identity = identity_text(request.user.identity)
        if identity is None:
            raise Forbidden("Only a user with an identity has sessions.")
        return identity


def _current(request: Request) -> str | None:
    """The id of the session that the request brings, if it is one in a store."""
    session_id = getattr(request.scope.get("session"), "id", None)
    return session_id if isinstance(session_id, str) else None


def _is_by_key(request: Request) -> bool:
    return request.auth == _BY_KEY or isinstance(request.credential, APIKey)


def _not_stored(response: Response) -> None:
    # RFC 9111 5.2.2.5: where somebody is logged in stays in no cache
    response.set_header("Cache-Control", "no-store")
