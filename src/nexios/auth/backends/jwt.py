"""JSON Web Tokens as a credential: `Authorization: Bearer ...` (RFC 7519, RFC 6750)."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.proven import authenticate_proven
from nexios.auth.identity import identity_text
from nexios.auth.model import AuthResult
from nexios.exceptions import ConfigError, InvalidToken
from nexios.http.headers import only_header
from nexios.kept import Kept
from nexios.running import current_config, required_config
from nexios.tokens.source import scope_permissions

if TYPE_CHECKING:
    from datetime import timedelta

    from starlette.types import Scope

    from nexios.auth.backends.bearer import BearerTokens
    from nexios.config import MakeConfig
    from nexios.http import Request, Response
    from nexios.tokens.dpop import DPoP
    from nexios.tokens.encoding import TokenVerifier
    from nexios.tokens.resource import ProtectedResource
    from nexios.types import Clock

__all__ = ["JWTAuthBackend", "create_jwt", "decode_jwt"]

logger = logging.getLogger("nexios.auth")


class JWTAuthBackend(AuthenticationBackend):
    """Authenticates by a JSON Web Token in `Authorization: Bearer ...`.

    Secret, algorithms, audience, issuer and leeway are those of the application's `MakeConfig`, unless
    `tokens` says which tokens are good.

    Args:
        identifier: The claim that names the identity.
        tokens: What verifies in place of the application's secret: a `KeyRing`, an `Issuer`, an
            `Introspection`, anything that has `async verify(token)`, or a list of such.
        resource: What the application is to clients of OAuth (RFC 9728): its challenges name the metadata,
            a token's `aud` must name it (RFC 8707), and its scopes are what may be done with the token unless
            `tokens` says otherwise.
        dpop: Takes tokens that are bound to a key: `Authorization: DPoP ...` with a proof of it (RFC 9449).
        kept: How many verified tokens are kept, so that the same one is not verified again; 0: none. Their
            times are checked on each use.
        clock: The time now, in seconds since the epoch.
    """

    scope = "jwt"
    scheme = "Bearer"
    at_once = True
    headers = frozenset({b"authorization"})

    def __init__(
        self,
        identifier: str = "id",
        *,
        tokens: Any = None,
        resource: ProtectedResource | None = None,
        dpop: DPoP | None = None,
        kept: int = 10_000,
        clock: Clock = time.time,
    ) -> None:
        if not isinstance(identifier, str) or not identifier:
            raise ConfigError('JWTAuthBackend: identifier is the name of a claim, e.g. identifier="sub"')
        if type(kept) is not int or kept < 0:
            raise ConfigError("JWTAuthBackend: kept is how many tokens are kept, 0 for none: kept=10_000")
        if resource is not None:
            _check_resource(resource)
            self.challenge_parameters = {"resource_metadata": resource.metadata_url}
        self.identifier = identifier
        self.resource = resource
        self.tokens = None if tokens is None else _checked_tokens(tokens)
        self.dpop = dpop
        if dpop is not None:
            self._take_proofs(dpop)
        self._clock = clock
        self._kept_limit = kept
        self._verifier: TokenVerifier | None = None
        self._bearer: BearerTokens | None = None
        self._kept: Kept[bytes, AuthResult] = Kept(entries=0)

    def bind(self, config: MakeConfig | None) -> Self:
        """The backend with the application's keys."""
        from nexios.tokens.claims import ClaimRules
        from nexios.tokens.encoding import TokenVerifier, config_keys

        bound = copy.copy(self)
        if self.tokens is not None:
            bound._bearer = self._bearer_tokens(config)
            return bound
        config = required_config("JWTAuthBackend", config)
        rules = ClaimRules.of(config)
        if self.resource is not None:
            rules = replace(rules, audience=(self.resource.resource,))
        bound._verifier = TokenVerifier(
            config_keys(config, config.jwt_algorithms), config.jwt_algorithms, rules
        )
        bound._kept = Kept(entries=self._kept_limit)
        return bound

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        """Read the bearer token."""
        if self.dpop is not None and self._bearer is not None:
            return await authenticate_proven(self._bearer, self.dpop, request.scope, response, self.scope)
        found = self.find(request.scope)
        return await found if isinstance(found, Coroutine) else found

    def find(self, scope: Scope) -> AuthResult | Coroutine[Any, Any, AuthResult] | None:
        """Read the bearer token."""
        if self._verifier is None:
            return (self._bearer or self.bind(current_config())).find(scope)
        value = only_header(scope["headers"], b"authorization")
        if not value:
            return AuthResult(False, "", self.scope) if value is None else None
        now = self._clock()
        kept = self._kept.get(value)
        if kept is not None:
            claims: Any = kept.credential
            return kept if claims.hold_at(now) else AuthResult(False, "", self.scope, reason="expired")
        # RFC 9110 11.1: the scheme's case does not matter; RFC 6750 2.1: then one or more blanks
        if value[:7].lower() != b"bearer ":
            return AuthResult(False, "", self.scope) if value.lower() == b"bearer" else None
        try:
            claims = self._verifier.verify(value[7:].lstrip(b" ").decode("latin-1"), now)
            identity = identity_text(claims.get(self.identifier))
            if identity is None:
                raise InvalidToken(f"the claim {self.identifier} names no identity")
            if "cnf" in claims:
                raise InvalidToken("it is bound to a key, and comes without a proof of it (RFC 9449 7.1)")
        except InvalidToken as refused:
            # As text: a log that keeps records would keep the error's frames, and the token in them.
            reason = str(refused)
            logger.info("bearer token refused: %s", reason)
            return AuthResult(False, "", self.scope, reason=reason)
        permissions = None if self.resource is None else scope_permissions(claims)
        result = AuthResult(True, identity, self.scope, permissions, claims)
        self._kept.put(value, result)
        return result

    def _take_proofs(self, dpop: DPoP) -> None:
        from nexios.tokens.dpop import DPoP

        if not isinstance(dpop, DPoP):
            raise ConfigError(
                f"JWTAuthBackend: dpop is a DPoP, not {type(dpop).__name__}: dpop=DPoP(store, ...)"
            )
        if self.tokens is None:
            raise ConfigError("JWTAuthBackend: dpop needs tokens that are bound to keys: tokens=Tokens(...)")
        # The answer may have a nonce to give, and `find` has no hand in it.
        self.at_once = False
        proof = {"algs": " ".join(dpop.algorithms), **self.challenge_parameters}
        if dpop.required:
            self.scheme, self.challenge_parameters = "DPoP", proof
        else:
            self.further_challenges = {"DPoP": proof}

    def _bearer_tokens(self, config: MakeConfig | None) -> BearerTokens:
        from nexios.auth.backends.bearer import BearerTokens
        from nexios.tokens.claims import ClaimRules
        from nexios.tokens.ring import KeyRing
        from nexios.tokens.ringverifier import RingVerifier

        tokens: Any = self.tokens
        audience = None if self.resource is None else self.resource.resource
        if isinstance(tokens, KeyRing):
            # The keys alone say nothing of who may be meant: that is what the settings say.
            rules = ClaimRules() if config is None else ClaimRules.of(config)
            if audience is not None:
                rules = replace(rules, audience=(audience,))
            tokens = RingVerifier(tokens, rules, self._clock)
        return BearerTokens(
            tokens,
            name=self.scope,
            identifier=self.identifier,
            audience=audience,
            kept=self._kept_limit,
            clock=self._clock,
        )

    def __repr__(self) -> str:
        return f"JWTAuthBackend(identifier={self.identifier!r})"


def _check_resource(resource: Any) -> None:
    from nexios.tokens.resource import ProtectedResource

    if not isinstance(resource, ProtectedResource):
        raise ConfigError(
            "JWTAuthBackend: resource is a ProtectedResource(resource=..., authorization_servers=[...])"
        )


def _checked_tokens(tokens: Any) -> Any:
    from nexios.tokens.ring import KeyRing
    from nexios.tokens.source import as_source

    return tokens if isinstance(tokens, KeyRing) else as_source(tokens)


def create_jwt(
    payload: Mapping[str, Any],
    secret: str | Mapping[str, Any] | None = None,
    algorithm: str | None = None,
    expires_in: timedelta | float | None = None,
) -> str:
    """Sign `payload` as a compact JSON Web Token (RFC 7519).

    Args:
        payload: The claims; copied, never changed. Where the configuration sets one issuer or audience, the
            token names them unless the payload does.
        secret: A secret, PEM text or a JWK; the running app's key by default, outside a request that of the
            app made last.
        algorithm: The signature algorithm; the first of `jwt_algorithms` by default.
        expires_in: Time until `exp`, as a timedelta or in minutes. None: no `exp`.

    Raises:
        ConfigError: There is no key to sign with.
        TypeError: `payload` or `expires_in` is of another kind.
        ValueError: `expires_in` is not positive.
    """
    from nexios.tokens.encoding import encode_token, signing_key

    config = current_config()
    keys, algorithms = _keys(config, secret, None if algorithm is None else [algorithm])
    claims = payload
    if config is not None and isinstance(payload, Mapping):
        own = {"iss": config.jwt_issuer, "aud": config.jwt_audience}
        claims = {name: named[0] for name, named in own.items() if named and len(named) == 1} | dict(payload)
    return encode_token(
        claims if payload else payload,
        signing_key(keys, algorithms[0]),
        algorithms[0],
        expires_in=expires_in,
        now=time.time(),
    )


def decode_jwt(
    token: str, secret: str | Mapping[str, Any] | None = None, algorithms: Sequence[str] | None = None
) -> dict[str, Any]:
    """Verify `token` and give its claims, by the same rules as `JWTAuthBackend`.

    Args:
        token: The compact form.
        secret: A secret, PEM text, a JWK or a JWKS; the running app's keys by default.
        algorithms: The only algorithms that are accepted; `jwt_algorithms` by default.

    Raises:
        InvalidToken: It is not to be believed; the message says why, for the log.
        ConfigError: There is no key to verify with.
    """
    from nexios.tokens.claims import ClaimRules
    from nexios.tokens.encoding import TokenVerifier

    config = current_config()
    keys, accepted = _keys(config, secret, algorithms)
    rules = ClaimRules() if config is None else ClaimRules.of(config)
    if not isinstance(token, str):
        raise InvalidToken("not text")
    return dict(TokenVerifier(keys, accepted, rules).verify(token, time.time()))


def _keys(
    config: MakeConfig | None, secret: Any, names: Sequence[str] | None
) -> tuple[list[Any], Sequence[str]]:
    """The keys and the algorithms to use: those that are given, else the configuration's."""
    from nexios.config import checked_algorithms
    from nexios.tokens.encoding import config_keys
    from nexios.tokens.keys import load_keys

    if secret is None:
        config = required_config("create_jwt or decode_jwt without a secret", config)
    if names is None:
        names = ["HS256"] if config is None else config.jwt_algorithms
    accepted = checked_algorithms(names)
    if secret is None and config is not None:
        return config_keys(config, accepted), accepted
    return load_keys(secret, accepted), accepted
