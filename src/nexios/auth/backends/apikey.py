"""API keys as a credential, in a header of one's choice."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from nexios.apikeys.format import KEY_PREFIX, check_prefix, create_api_key, has_key_form, hash_key, verify_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.model import AuthResult
from nexios.exceptions import ConfigError
from nexios.http.client import client_address
from nexios.http.headers import only_header
from nexios.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.types import Scope

    from nexios.apikeys import APIKey
    from nexios.apikeys.manager import APIKeys
    from nexios.http import Request, Response

__all__ = ["APIKeyAuthBackend", "create_api_key", "hash_key", "verify_key"]

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SCHEMES = ("bearer ", "apikey ")


class APIKeyAuthBackend(AuthenticationBackend):
    """Authenticates by an API key.

    With `keys` it is looked up there: its owner is the identity, its permissions narrow those of the owner,
    and what is known of it is `request.credential`. Without, `load_user` gets the key itself as the identity
    and must look it up by its hash.

    Args:
        header_name: The header that brings the key. In `Authorization` it may stand alone or after `Bearer `
            or `ApiKey `.
        prefix: What our keys begin with; a key of another prefix is left to the next backend. With `keys` it
            is theirs.
        keys: The keys that are good.

    Raises:
        ConfigError: One of them cannot be.
    """

    scope = "apikey"
    scheme = "ApiKey"
    at_once = True
    identity_is_secret = True

    def __init__(
        self, header_name: str = "X-API-Key", prefix: str = KEY_PREFIX, keys: APIKeys | None = None
    ) -> None:
        if keys is not None:
            prefix = _prefix_of(keys, prefix)
            self.identity_is_secret = False
        if not isinstance(header_name, str) or not _HEADER.fullmatch(header_name):
            raise ConfigError(
                f'APIKeyAuthBackend: {header_name!r} is no header name: header_name="X-API-Key"'
            )
        try:
            self.prefix = check_prefix(prefix)
        except ValueError as error:
            raise ConfigError(f"APIKeyAuthBackend: {error}") from None
        self.header_name = header_name
        self._header = header_name.lower().encode("ascii")
        self.headers = frozenset({self._header})
        self._takes_scheme = self._header == b"authorization"
        self._start = prefix + "_"
        self._keys = keys
        # Keys whose form was checked; whether one is any good is asked of load_user each time.
        self._kept: Kept[bytes, AuthResult] = Kept()

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        """Read the key, and look it up where there are `keys`."""
        found = self.find(request.scope)
        return found if found is None or isinstance(found, AuthResult) else await found

    def find(self, scope: Scope) -> AuthResult | Coroutine[Any, Any, AuthResult | None] | None:
        """Read the key, and where there are `keys` look it up unless it was good a moment ago."""
        found = self._read(scope)
        if self._keys is None or found is None or not found.success:
            return found
        key, address = found.identity, partial(client_address, scope)
        record = self._keys.recall(key, address)
        if record is None:
            return self._looked_up(scope, self._keys.judge(key, address))
        if record.rate_limit is None and record.monthly_quota is None:
            return self._result(record)
        return self._counted(scope, record)

    async def _looked_up(self, scope: Scope, judging: Coroutine[Any, Any, APIKey | str]) -> AuthResult:
        found = await judging
        if isinstance(found, str):
            return AuthResult(False, "", self.scope, reason=found)
        return await self._counted(scope, found)

    async def _counted(self, scope: Scope, record: APIKey) -> AuthResult:
        if record.rate_limit is not None or record.monthly_quota is not None:
            # Nobody else needs the package that counts.
            from nexios.ratelimit.keys import count_key

            await count_key(scope, record)
        return self._result(record)

    def _result(self, record: APIKey) -> AuthResult:
        return AuthResult(True, record.owner, self.scope, record.permissions, record)

    def _read(self, scope: Scope) -> AuthResult | None:
        value = only_header(scope["headers"], self._header)
        if not value:
            return AuthResult(False, "", self.scope) if value is None else None
        kept = self._kept.get(value)
        if kept is not None:
            return kept
        key = value.decode("latin-1")
        if self._takes_scheme and key[:7].lower() in _SCHEMES:
            key = key[7:].lstrip(" ")
        if not key.startswith(self._start):
            return None
        if not has_key_form(key, self.prefix):
            return AuthResult(False, "", self.scope, reason="not the form of a key")
        result = AuthResult(True, key, self.scope)
        self._kept.put(value, result)
        return result

    def __repr__(self) -> str:
        return f"APIKeyAuthBackend(header_name={self.header_name!r}, prefix={self.prefix!r})"


def _prefix_of(keys: object, prefix: str) -> str:
    from nexios.apikeys.manager import APIKeys

    if not isinstance(keys, APIKeys):
        raise ConfigError(
            f"APIKeyAuthBackend: keys is an APIKeys, not {type(keys).__name__}: keys=APIKeys(store)"
        )
    if prefix not in (KEY_PREFIX, keys.prefix):
        raise ConfigError(
            f"APIKeyAuthBackend: the keys begin with {keys.prefix!r}, not with {prefix!r}: leave prefix out"
        )
    return keys.prefix
