"""Who manages keys by a request, how far the credential reaches, and what the request says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from nexios.apikeys.bodies import read_body
from nexios.apikeys.bounds import Bounds
from nexios.apikeys.model import APIKey
from nexios.apikeys.settings import BY_KEY
from nexios.auth.admission import admitted
from nexios.auth.identity import identity_text
from nexios.auth.requirements import Requirement
from nexios.http.problems import BadRequest, ContentTooLarge, Forbidden, Unprocessable

if TYPE_CHECKING:
    from nexios.http import Request

__all__ = ["Caller", "caller_of", "read_small"]

Body = TypeVar("Body")

_MAX_BODY = 16 * 1024


class Caller(msgspec.Struct, frozen=True):
    """Who asks.

    Attributes:
        owner: Whose keys they are.
        bounds: The widest key that the credential reaches.
    """

    owner: str
    bounds: Bounds


async def caller_of(request: Request, *, by_keys: bool) -> Caller:
    """Who asks by `request`.

    Args:
        request: The request, which has passed a guard.
        by_keys: Whether an API key will do.

    Raises:
        Unauthorized: No credential that came along will do.
        Forbidden: The one that came manages no keys.
    """
    authentication = request.scope["nexios.authentication"]
    if _is_by_key(request) and not by_keys:
        # A session or token that came along will do.
        names = {backend.scope for backend in authentication.backends} - {None, BY_KEY}
        await admitted(request.scope, Requirement(scopes=frozenset(names)))
    credential = request.credential
    if _is_by_key(request) and not (by_keys and isinstance(credential, APIKey)):
        raise Forbidden("API keys are not managed by an API key here.")
    owner = identity_text(request.user.identity)
    if owner is None:
        raise Forbidden("Only a user with an identity has keys.")
    permissions = _names(authentication.permissions)
    if isinstance(credential, APIKey):
        return Caller(owner, Bounds(permissions, credential.expires_at, credential.addresses))
    return Caller(owner, Bounds(permissions))


async def read_small(request: Request, kind: type[Body]) -> Body:
    """The body as a `kind`.

    Raises:
        Problem: It is too large, no JSON, or says something else.
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MAX_BODY:
            raise ContentTooLarge(f"The body is read up to {_MAX_BODY} bytes.")
    try:
        return read_body(bytes(raw), kind)
    except msgspec.ValidationError as refused:
        raise Unprocessable(str(refused)) from None
    except (msgspec.DecodeError, ValueError):
        raise BadRequest("The body is not valid JSON.") from None


def _is_by_key(request: Request) -> bool:
    return request.auth == BY_KEY or isinstance(request.credential, APIKey)


def _names(permissions: Any) -> frozenset[str] | None:
    if isinstance(permissions, Mapping):
        return frozenset(name for name, granted in permissions.items() if granted is True)
    return None if permissions is None else frozenset(permissions)
