"""Routes by which the users of an application manage their own API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from nexios.apikeys.asking import Caller, caller_of, read_small
from nexios.apikeys.bodies import (
    MadeKey,
    NewKey,
    Rotation,
    ShownKey,
    ShownKeys,
    rotation_within,
    shown,
)
from nexios.apikeys.manager import APIKeys
from nexios.apikeys.model import APIKey
from nexios.apikeys.rules import checked_addresses, checked_life, checked_permissions
from nexios.apikeys.settings import check_routes
from nexios.auth.admission import admitted
from nexios.auth.decorators import auth
from nexios.auth.requirements import Requirement
from nexios.description import describe
from nexios.exceptions import ConfigError, UnknownKey
from nexios.http.problems import (
    Conflict,
    Forbidden,
    NotFound,
    Unprocessable,
)
from nexios.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nexios.http import Request, Response

__all__ = ["key_routes"]

_MAX_LISTED = 1000
_MAX_READ = 10_000
# However often keys are rotated: what a day adds to the table is bounded.
_MADE_IN_A_DAY = 10

_TAGS = ["API keys"]
_NARROWER = "The credential does not reach as far."
_NO_KEY = "There is no such key of one's own."
_NOT_READ = {
    400: "The body is not JSON.",
    413: "The body is too large.",
    422: "A field is not what it should be.",
}


def key_routes(
    keys: APIKeys,
    prefix: str = "/keys",
    *,
    scopes: Sequence[str] | None = None,
    allow_api_keys: bool = False,
    max_keys: int = 50,
    overlap: timedelta = timedelta(hours=24),
) -> Router:
    """Routes for one's own keys: list, show, create, rotate and revoke.

    Nobody reaches the keys of somebody else, whatever a path or body says. What was authenticated by a
    credential of few permissions reaches and makes only keys that are no wider.

    Args:
        keys: The keys.
        prefix: Where the routes stand.
        scopes: The backends by which one must be authenticated; None: any but API keys.
        allow_api_keys: Whether an API key will do as well; it reaches and makes only keys that are no wider
            than itself: in permissions, expiry and networks.
        max_keys: How many good keys one user may have, not counting those that were replaced.
        overlap: How long a key is good after it was replaced, unless the body of the request wants less.

    Returns:
        A group of routes for `app.include`.

    Raises:
        ConfigError: One of them cannot be.
    """
    if not isinstance(keys, APIKeys):
        raise ConfigError(
            f"key_routes takes an APIKeys, not {type(keys).__name__}: key_routes(APIKeys(store))"
        )
    scopes = check_routes(scopes, allow_api_keys=allow_api_keys, max_keys=max_keys, overlap=overlap)
    routes = _KeyRoutes(keys, allow_api_keys=allow_api_keys, max_keys=max_keys, overlap=overlap)
    router, start, guarded = Router(), prefix.rstrip("/"), auth(scopes=scopes)
    router.get(start or "/", name="list_keys")(guarded(routes.list_keys))
    router.post(start or "/", name="create_key")(guarded(routes.create_key))
    router.get(start + "/{key_id}", name="show_key")(guarded(routes.show_key))
    router.post(start + "/{key_id}/rotate", name="rotate_key")(
        describe(
            tags=_TAGS,
            body=rotation_within(overlap) | None,
            status=201,
            returns=MadeKey,
            answers={
                403: _NARROWER,
                404: _NO_KEY,
                409: "The key is over or replaced already, or there are as many as one may have.",
                **_NOT_READ,
            },
        )(guarded(routes.rotate_key))
    )
    router.delete(start + "/{key_id}", name="revoke_key")(guarded(routes.revoke_key))
    return router


class _KeyRoutes:
    """The handlers; each is behind a guard."""

    def __init__(self, keys: APIKeys, *, allow_api_keys: bool, max_keys: int, overlap: timedelta) -> None:
        self._keys = keys
        self._allow_api_keys = allow_api_keys
        self._max_keys = max_keys
        self._overlap = overlap

    @describe(tags=_TAGS, returns=ShownKeys, answers={403: _NARROWER})
    async def list_keys(self, request: Request, response: Response) -> dict[str, Any]:
        """The good ones, the newest first; with `?all=true` those that are over too."""
        caller = await caller_of(request, by_keys=self._allow_api_keys)
        everything = request.query_params.get("all") == "true"
        found = [
            shown(self._keys, record)
            for record in reversed(await self._owned(caller.owner))
            if caller.bounds.take(record) and (everything or self._keys.is_live(record))
        ]
        _not_stored(response)
        return {"keys": found[:_MAX_LISTED]}

    @describe(tags=_TAGS, returns=ShownKey, answers={403: _NARROWER, 404: _NO_KEY})
    async def show_key(self, request: Request, response: Response, key_id: str) -> dict[str, Any]:
        """One of them."""
        record = await self._own(await caller_of(request, by_keys=self._allow_api_keys), key_id)
        _not_stored(response)
        return shown(self._keys, record)

    @describe(
        tags=_TAGS,
        body=NewKey,
        status=201,
        returns=MadeKey,
        answers={
            403: "The key would be wider than the credential that makes it.",
            409: "There are as many keys as one may have.",
            **_NOT_READ,
        },
    )
    async def create_key(self, request: Request, response: Response) -> dict[str, Any]:
        """Make one, which is shown this once."""
        caller = await caller_of(request, by_keys=self._allow_api_keys)
        credential = request.credential
        if isinstance(credential, APIKey) and (credential.rate_limit or credential.monthly_quota):
            raise Forbidden("A key that has a limit makes no other keys, which would have none.")
        body = await read_small(request, NewKey)
        bounds, now = caller.bounds, self._keys.now()
        try:
            permissions = checked_permissions(_given(body.permissions, bounds.permissions))
            addresses = checked_addresses(_given(body.addresses, bounds.addresses))
            given = body.expires_in
            life = None if given is UNSET or given is None else timedelta(seconds=given)
            expires_at = checked_life(life, now)
        except ValueError as refused:
            raise Unprocessable(str(refused)) from None
        if not bounds.take_permissions(permissions) or not bounds.take_addresses(addresses):
            raise Forbidden("A key must not be wider than the credential that makes it.")
        if body.expires_in is not UNSET and not bounds.take_expiry(expires_at):
            raise Forbidden("A key must not live longer than the credential that makes it.")
        if body.permissions is not UNSET and permissions:
            # What somebody may do only later, a key made now should not open then.
            await admitted(request.scope, Requirement(permissions=tuple(sorted(permissions))))
        await self._leave_room(caller.owner, 1)
        try:
            key, record = await self._keys.create(
                caller.owner,
                body.name,
                permissions=permissions,
                expires_in=life,
                metadata=body.metadata,
                addresses=addresses,
                not_after=bounds.expires_at,
            )
        except (TypeError, ValueError) as refused:
            raise Unprocessable(str(refused)) from None
        try:
            # Once more, since others may have been made at this moment.
            await self._leave_room(caller.owner, 0)
        except Conflict:
            await self._keys.revoke(record.id)
            raise
        return self._new(response, key, record)

    async def rotate_key(self, request: Request, response: Response, key_id: str) -> dict[str, Any]:
        """Replace one; the new key is shown this once."""
        caller = await caller_of(request, by_keys=self._allow_api_keys)
        body = await read_small(request, Rotation)
        record = await self._own(caller, key_id)
        most = self._overlap.total_seconds()
        wanted = most if body.overlap is UNSET else body.overlap
        if not 0 <= wanted <= most:
            raise Unprocessable(f"overlap is a number of seconds from 0 to {most:g}.")
        await self._leave_room(caller.owner, 0)
        try:
            key, new = await self._keys.rotate(
                record.id,
                overlap=timedelta(seconds=wanted),
                owner=caller.owner,
                not_after=caller.bounds.expires_at,
            )
        except UnknownKey:
            raise Conflict("The key is expired, revoked or replaced already: create a new one.") from None
        return self._new(response, key, new)

    @describe(tags=_TAGS, answers={403: _NARROWER, 404: _NO_KEY})
    async def revoke_key(self, request: Request, response: Response, key_id: str) -> None:
        """End one."""
        caller = await caller_of(request, by_keys=self._allow_api_keys)
        record = await self._own(caller, key_id)
        await self._keys.revoke(record.id, owner=caller.owner)
        _not_stored(response)
        response.status(204)

    async def _own(self, caller: Caller, key_id: str) -> APIKey:
        record = await self._keys.get(key_id)
        # Alike for all that are not there for the caller: nobody learns which of them exist (CWE-639).
        if record is None or record.owner != caller.owner or not caller.bounds.take(record):
            raise NotFound("There is no such key.")
        return record

    async def _owned(self, owner: str) -> list[APIKey]:
        return await self._keys.list(owner, limit=_MAX_READ)

    async def _leave_room(self, owner: str, more: int) -> None:
        owned = await self._owned(owner)
        good = sum(record.replaced_by is None and self._keys.is_live(record) for record in owned)
        if good + more > self._max_keys:
            raise Conflict(f"There are {self._max_keys} keys already: revoke one first.")
        yesterday = self._keys.now() - timedelta(days=1)
        made = sum(record.created_at > yesterday for record in owned)
        if made >= self._max_keys * _MADE_IN_A_DAY or len(owned) >= _MAX_READ:
            raise Conflict("Too many keys were made of late: try again tomorrow.")

    def _new(self, response: Response, key: str, record: APIKey) -> dict[str, Any]:
        _not_stored(response)
        response.status(201)
        return {"key": key, **shown(self._keys, record)}


def _given(value: Any, otherwise: Any) -> Any:
    """What the body says; where it says nothing, what bounds the credential."""
    return otherwise if value is UNSET else value


def _not_stored(response: Response) -> None:
    # RFC 9111 5.2.2.5: neither a key nor a list of them stays in a cache
    response.set_header("Cache-Control", "no-store")
