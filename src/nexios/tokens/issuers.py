"""Other people's tokens: verified with the keys that their issuer publishes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from nexios.config import JWT_ALGORITHMS, checked_algorithms
from nexios.exceptions import ConfigError, InvalidToken
from nexios.tokens.claims import ClaimRules
from nexios.tokens.jws import read_header
from nexios.tokens.published import PublishedKeys
from nexios.tokens.source import ToPermissions, scope_permissions, unverified_issuer
from nexios.tokens.urls import secure_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    import httpx2

    from nexios.tokens.claims import Claims
    from nexios.tokens.fetching import OpenClient
    from nexios.tokens.published import KnownKeys
    from nexios.types import Clock

__all__ = ["Issuer", "client_opener"]

# A token that names no key is tried with so many and no more.
_TRIED = 20

_ASYMMETRIC = tuple(name for name in JWT_ALGORITHMS if not name.startswith("HS"))


class Issuer:
    """Somebody else's tokens, by what their issuer publishes: `JWTAuthBackend("sub", tokens=Issuer(...))`.

    Its keys are fetched for the first token, once for all who wait, and again from time to time behind the
    requests. Known ones go on while the issuer is down.

    Args:
        url: The issuer as it calls itself, letter by letter: a token's `iss` must be equal to it.
        audience: Who we are to it: a token must be for one of these.
        jwks_uri: Where its keys stand; found by discovery (OpenID Connect, RFC 8414) where it is left out.
        http: A client that asks, which you close yourself; one of its own for each fetch by default.
        algorithms: The only signature algorithms that are taken; never one with a shared secret.
        permissions: From the claims to what may be done with the token; by default the scopes in `scope` or
            `scp`, and nothing where there are none. None: whatever the user may do.
        identity: From the claims to the identity, e.g. to tell the users of several issuers apart; by default
            the backend's claim names it.
        audience_claim: The claim that says for whom it is; `client_id` in access tokens of Amazon Cognito.
        leeway: How far clocks may differ.
        refresh_every: How old known keys grow before they are fetched again.
        clock: The time now, in seconds since the epoch.

    Raises:
        ConfigError: One of them cannot be, or httpx2 is missing; the message says the mend.
    """

    def __init__(
        self,
        url: str,
        *,
        audience: str | Sequence[str],
        jwks_uri: str | None = None,
        http: httpx2.AsyncClient | None = None,
        algorithms: Sequence[str] = _ASYMMETRIC,
        permissions: ToPermissions | None = scope_permissions,
        identity: Callable[[Mapping[str, Any]], str | None] | None = None,
        audience_claim: str = "aud",
        leeway: timedelta = timedelta(0),
        refresh_every: timedelta = timedelta(minutes=10),
        clock: Clock = time.time,
    ) -> None:
        secure_url(url, "Issuer: the url")
        if jwks_uri is not None:
            secure_url(jwks_uri, "Issuer: jwks_uri")
        audiences = (audience,) if isinstance(audience, str) else audience
        if (
            not isinstance(audiences, Sequence)
            or not audiences
            or not all(isinstance(name, str) and name for name in audiences)
        ):
            raise ConfigError('Issuer: audience is who we are to it, e.g. audience="api" (RFC 7519 4.1.3)')
        secret = [name for name in checked_algorithms(algorithms) if name not in _ASYMMETRIC]
        if secret:
            raise ConfigError(
                f"Issuer: {secret[0]} wants a shared secret, and what is published is none: leave it out"
            )
        if not all(function is None or callable(function) for function in (permissions, identity)):
            raise ConfigError("Issuer: permissions and identity must be functions of the claims, or None")
        for name, length, least in (("leeway", leeway, 0), ("refresh_every", refresh_every, 1)):
            if not isinstance(length, timedelta) or length < timedelta(seconds=least):
                raise ConfigError(f"Issuer: {name} must be a timedelta of {least} seconds or more")
        self.url = url
        self.clock = clock
        self.permissions_of = permissions
        self.identity_of = identity
        self._audiences = tuple(audiences)
        self._audience_claim = audience_claim
        self._rules = ClaimRules(
            self._audiences if audience_claim == "aud" else None, (url,), leeway.total_seconds()
        )
        self._algorithms = tuple(algorithms)
        self._keys = PublishedKeys(
            url,
            jwks_uri=jwks_uri,
            algorithms=algorithms,
            open_client=client_opener(http),
            refresh_every=refresh_every.total_seconds(),
            clock=clock,
        )

    @property
    def generation(self) -> int:
        """Another number whenever the keys have changed; keys that have grown old are fetched behind this."""
        keys = self._keys
        keys.grow_old()
        return keys.generation

    def takes(self, token: str) -> bool:
        """Whether `token` says that it is of this issuer; what it says is not believed by that."""
        return unverified_issuer(token) == self.url

    def verify_at_once(self, token: str) -> Claims | None:
        """The claims of `token`; None where `verify` must be awaited.

        Raises:
            InvalidToken: It is not to be believed; the message says why, for the log.
        """
        if not self.takes(token):
            raise InvalidToken("iss is not the issuer that is set")
        known = self._keys.known
        if known is None:
            return None
        try:
            return self._read(known, token)
        except InvalidToken:
            if self._may_be_of_new_key(token, known) and self._keys.may_ask_again():
                return None
            raise

    async def verify(self, token: str) -> Claims:
        """The claims of `token`.

        Raises:
            InvalidToken: It is not to be believed; the message says why, for the log.
            IssuerUnavailable: The keys are not known, and could not be fetched.
        """
        seen = self._keys.attempts
        claims = self.verify_at_once(token)
        return claims if claims is not None else self._read(await self._keys.updated(seen), token)

    def _read(self, known: KnownKeys, token: str) -> Claims:
        if len(known.kids) > _TRIED and "kid" not in read_header(token):
            raise InvalidToken(f"the token names no key, and there are more than {_TRIED}")
        claims = self._rules.read(known.signatures.payload(token), self.clock())
        if "exp" not in claims:
            raise InvalidToken("exp is missing: the token of another would never end")
        if self._audience_claim != "aud" and claims.get(self._audience_claim) not in self._audiences:
            raise InvalidToken(f"{self._audience_claim} names somebody else")
        return claims

    def _may_be_of_new_key(self, token: str, known: KnownKeys) -> bool:
        header = read_header(token)
        kid = header.get("kid")
        return header.get("alg") in self._algorithms and isinstance(kid, str | None) and kid not in known.kids

    def __repr__(self) -> str:
        return f"Issuer({self.url!r})"


def client_opener(http: Any) -> OpenClient:
    """What opens a client: the one that is given and stays open, or a new one each time.

    Raises:
        ConfigError: httpx2 is missing, or `http` is no client of it.
    """
    try:
        import httpx2
    except ImportError:
        raise ConfigError('asking an issuer needs httpx2: pip install "nexios[oidc]"') from None
    if http is not None:
        if not isinstance(http, httpx2.AsyncClient):
            raise ConfigError(f"http must be an httpx2.AsyncClient, not {type(http).__name__}")
        return lambda: nullcontext(http)

    def open_client() -> AbstractAsyncContextManager[httpx2.AsyncClient]:
        # One that stays open would belong to one event loop, and a fetch is rare.
        return httpx2.AsyncClient(verify=_tls(), timeout=None)

    return open_client


@cache
def _tls() -> Any:
    """What certificates are checked by; reading them takes longer than a fetch."""
    import httpx2

    return httpx2.create_ssl_context()
