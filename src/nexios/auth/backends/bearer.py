"""Bearer tokens that something else verifies: a key ring, an issuer, an introspection endpoint."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from nexios.auth.identity import identity_text
from nexios.auth.model import AuthResult
from nexios.exceptions import InvalidToken
from nexios.http.headers import only_header
from nexios.kept import Kept
from nexios.tokens.claims import Claims
from nexios.tokens.jws import MAX_TOKEN
from nexios.tokens.source import Sources, TokenSource, is_prompt, scope_permissions

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.types import Scope

    from nexios.types import Clock

__all__ = ["BearerTokens"]

logger = logging.getLogger("nexios.auth")


class BearerTokens:
    """Reads `Authorization: Bearer ...`, and asks a source of tokens about it.

    Args:
        source: What verifies.
        name: The scope of the results.
        identifier: The claim that names the identity.
        audience: What `aud` must name besides (RFC 8707), and then scopes narrow what may be done; None: the
            source's rules are enough.
        kept: How many verified tokens are kept.
        clock: The time for claims of a source that has no clock of its own.
    """

    def __init__(
        self,
        source: TokenSource | Sources,
        *,
        name: str,
        identifier: str,
        audience: str | None,
        kept: int,
        clock: Clock,
    ) -> None:
        self._source = source
        self._prompt = source if is_prompt(source) else None
        self._clock = clock if self._prompt is None else self._prompt.clock
        self._identifier = identifier
        self._audience = audience
        # What OAuth grants it grants by scopes.
        self._permissions_of = None if audience is None else scope_permissions
        self._refused = AuthResult(False, "", name)
        self._name = name
        self._kept: Kept[bytes, AuthResult] = Kept(entries=kept if self._prompt is not None else 0)
        self._generation = -1

    def find(self, scope: Scope) -> AuthResult | Coroutine[Any, Any, AuthResult] | None:
        """What the token of a request proves, or what must be awaited until that is known."""
        value = only_header(scope["headers"], b"authorization")
        if not value:
            return self._refused if value is None else None
        prompt, generation = self._prompt, 0
        if prompt is not None:
            generation = prompt.generation
            if generation != self._generation:
                self._kept.clear()
                self._generation = generation
            kept = self._kept.get(value)
            if kept is not None:
                if kept.credential.hold_at(self._clock()):  # type: ignore[attr-defined]
                    return kept
                # It has expired, or must be asked about again.
                self._kept.discard(value)
        # RFC 9110 11.1: the scheme's case does not matter; RFC 6750 2.1: then one or more blanks
        if value[:7].lower() != b"bearer ":
            return self._refused if value.lower() == b"bearer" else None
        token = value[7:].lstrip(b" ").decode("latin-1")
        try:
            if len(token) > MAX_TOKEN:
                raise InvalidToken(f"longer than {MAX_TOKEN} letters")
            if prompt is None:
                return self._ask(value, token, generation)
            claims = prompt.verify_at_once(token)
            if claims is None:
                return self._ask(value, token, generation)
            return self._result(value, token, claims, generation)
        except InvalidToken as refused:
            return self._refuse(refused)

    async def _ask(self, value: bytes, token: str, generation: int) -> AuthResult:
        try:
            return self._result(value, token, await self._source.verify(token), generation)
        except InvalidToken as refused:
            return self._refuse(refused)

    async def bound(self, token: str) -> AuthResult:
        """What a token proves together with a proof of the key that it is bound to; the proof is not checked.

        Raises:
            InvalidToken: It is not to be believed; the message says why, for the log.
        """
        if len(token) > MAX_TOKEN:
            raise InvalidToken(f"longer than {MAX_TOKEN} letters")
        claims = None if self._prompt is None else self._prompt.verify_at_once(token)
        return self._judged(token, await self._source.verify(token) if claims is None else claims)

    def _result(self, value: bytes, token: str, claims: Mapping[str, Any], generation: int) -> AuthResult:
        result = self._judged(token, claims)
        if claims.get("cnf") is not None:
            # RFC 9449 7.1: whoever stole it must not get in by calling it a bearer token.
            raise InvalidToken("it is bound to a key, and comes without a proof of it")
        # Kept only where it can be told when it holds no longer, and nothing has changed meanwhile: others
        # may have seen a change already, so that it is compared with what was when this request came.
        prompt = self._prompt
        if prompt is not None and isinstance(claims, Claims) and prompt.generation == generation:
            self._kept.put(value, result)
        return result

    def _judged(self, token: str, claims: Mapping[str, Any]) -> AuthResult:
        if not isinstance(claims, Mapping):
            raise TypeError(f"verify answered {type(claims).__name__}, no mapping of claims")
        if self._audience is not None:
            named = claims.get("aud")
            if named != self._audience and not (isinstance(named, list) and self._audience in named):
                raise InvalidToken("aud does not name this resource (RFC 8707)")
        source = self._source.of(token) if isinstance(self._source, Sources) else self._source
        identity_of = getattr(source, "identity_of", None)
        named = claims.get(self._identifier) if identity_of is None else identity_of(claims)
        identity = identity_text(named)
        if identity is None:
            raise InvalidToken(f"the claim {self._identifier} names no identity")
        permissions_of = getattr(source, "permissions_of", self._permissions_of)
        permissions = None if permissions_of is None else _names(permissions_of(claims))
        return AuthResult(True, identity, self._name, permissions, claims)

    def _refuse(self, refused: InvalidToken) -> AuthResult:
        # As text: a log that keeps records would keep the error's frames, and the token in them.
        reason = str(refused)
        logger.info("bearer token refused: %s", reason)
        return AuthResult(False, "", self._name, reason=reason)


def _names(permissions: Any) -> frozenset[str] | None:
    if permissions is None:
        return None
    if isinstance(permissions, str) or not isinstance(permissions, Collection):
        raise TypeError(
            "permissions answered no collection of names: return a set, or None to narrow nothing"
        )
    if not all(isinstance(name, str) for name in permissions):
        raise TypeError("permissions answered names that are no text")
    return frozenset(permissions)
