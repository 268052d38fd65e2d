"""Access tokens: signed claims of who may come in, for how long and what for (RFC 9068)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from nexios.exceptions import InvalidToken
from nexios.tokens.claims import ClaimRules, Claims
from nexios.tokens.encoding import encode_token
from nexios.tokens.ids import id_made_at, new_id
from nexios.tokens.jws import SignatureVerifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nexios.tokens.revocations import Revocations
    from nexios.tokens.ring import KeyRing
    from nexios.types import Clock

__all__ = ["OWN_CLAIMS", "AccessClaims", "AccessTokens", "Grant", "IssuedToken"]

OWN_CLAIMS = frozenset({"iss", "aud", "sub", "exp", "nbf", "iat", "jti", "client_id", "scope", "sid", "cnf"})
"""The claims that access tokens have of their own, and that no application may set."""

# RFC 9068 4: no other type is an access token, above all no ID token (RFC 8725 3.11).
_TYPES = frozenset({"at+jwt", "application/at+jwt"})


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What an access token is issued for.

    Attributes:
        subject: Who may come in.
        family: The login that it came of, which the claim `sid` names.
        client: For whom it is; None: for nobody in particular.
        scope: What it is for; None: all that the subject may.
        claims: What else it says, `cnf` among it where it is bound to a key (RFC 7800).
        expires_at: When the login ends, in seconds since the epoch.
    """

    subject: str
    family: str
    client: str | None
    scope: str | None
    claims: Mapping[str, Any]
    expires_at: float


class IssuedToken(msgspec.Struct, frozen=True, kw_only=True):
    """An access token that was just issued.

    Attributes:
        token: The token.
        id: Its `jti`.
        lifetime: How long it lives, in seconds.
        scope: What it is for.
        is_bound: Whether it is bound to a key.
    """

    token: str
    id: str
    lifetime: int
    scope: str | None
    is_bound: bool

    def __repr__(self) -> str:
        return f"<IssuedToken {self.id}>"


class AccessClaims(Claims):
    """The claims of an access token: they hold as long as neither time nor anybody has ended them."""

    __slots__ = ("_issued_at", "_names", "_revocations")

    def __init__(self, read: Claims, revocations: Revocations) -> None:
        super().__init__(read._claims, read._not_before, read._not_after)
        self._revocations = revocations
        try:
            self._issued_at = id_made_at(self._claims["jti"])
        except ValueError:
            raise InvalidToken("jti is none of ours") from None
        claims = self._claims
        self._names = revocations.names(claims["jti"], claims["sid"], claims["sub"])

    def hold_at(self, now: float) -> bool:
        """Whether they are known to hold at `now`; False also where that must be asked first."""
        if not self._not_before <= now < self._not_after:
            return False
        revocations = self._revocations
        if revocations.is_clear(self._names, self._issued_at):
            return True
        return revocations.is_fresh() and revocations.spare(*self._names, self._issued_at)

    def spared(self) -> AccessClaims:
        """The claims themselves.

        Raises:
            InvalidToken: They are revoked, as far as is known.
        """
        if not self._revocations.spare(*self._names, self._issued_at):
            raise InvalidToken("revoked")
        return self


class AccessTokens:
    """Issues access tokens and verifies them.

    Args:
        ring: The keys.
        issuer: What `iss` says.
        audience: What `aud` names; a token is taken where it names one of them.
        lifetime: How long a token lives, in seconds.
        leeway: How far clocks may differ, in seconds.
        revocations: What is over before it expires.
    """

    def __init__(
        self,
        ring: KeyRing,
        *,
        issuer: str,
        audience: Sequence[str],
        lifetime: int,
        leeway: float,
        revocations: Revocations,
    ) -> None:
        self.ring = ring
        self.lifetime = lifetime
        self.issuer = issuer
        self.audience = tuple(audience)
        self._read = ClaimRules(self.audience, (issuer,), leeway).read
        self._revocations = revocations
        self._known = (-1, SignatureVerifier((), ()))

    def issue(self, grant: Grant, now: float) -> IssuedToken:
        """A token for `grant`, issued at `now`.

        Raises:
            ConfigError: The ring has no key that signs.
            TypeError: The claims have no JSON form.
            ValueError: The token would be too long.
        """
        expires = min(int(now) + self.lifetime, int(grant.expires_at))
        token_id = new_id(now)
        aud: str | tuple[str, ...] = self.audience if len(self.audience) > 1 else self.audience[0]
        own: dict[str, Any] = {
            "iss": self.issuer,
            "aud": aud,
            "sub": grant.subject,
            "exp": expires,
            "iat": int(now),
        }
        own |= {"jti": token_id, "sid": grant.family, "client_id": grant.client, "scope": grant.scope}
        claims = {**grant.claims, **{name: value for name, value in own.items() if value is not None}}
        key = self.ring.signing_key
        token = encode_token(claims, key.key, key.algorithm, expires_in=None, now=now, kind="at+jwt")
        return IssuedToken(
            token=token,
            id=token_id,
            lifetime=expires - int(now),
            scope=grant.scope,
            is_bound="cnf" in grant.claims,
        )

    def read(self, token: str, now: float) -> AccessClaims:
        """The claims of `token`, whether or not they are revoked.

        Raises:
            InvalidToken: It is not to be believed; the message says why, for the log.
        """
        if not isinstance(token, str):
            raise InvalidToken("not text")
        claims = self._read(self._signatures().payload(token), now)
        for name, kind in (("exp", int), ("iat", int), ("sub", str), ("jti", str), ("sid", str)):
            if type(claims.get(name)) is not kind:
                raise InvalidToken(f"{name} is missing, or not {kind.__name__} (RFC 9068 2.2)")
        if not isinstance(claims.get("scope", ""), str) or not isinstance(claims.get("cnf", {}), dict):
            raise InvalidToken("scope is not text, or cnf no object")
        return AccessClaims(claims, self._revocations)

    async def verify(self, token: str, clock: Clock) -> AccessClaims:
        """The claims of `token`, once it is known that it is not revoked.

        Raises:
            InvalidToken: As for `read`, or it is revoked.
            StoreUnavailable: Whether it was revoked cannot be found out.
        """
        generation = self.ring.generation
        claims = self.read(token, clock())
        await self._revocations.refresh()
        if self.ring.generation != generation:
            # Its key may have been retired while the store was asked.
            claims = self.read(token, clock())
        return claims.spared()

    def _signatures(self) -> SignatureVerifier:
        generation = self.ring.generation
        known, verifier = self._known
        if known != generation:
            keys = self.ring.keys
            algorithms = list({key.algorithm for key in keys})
            verifier = SignatureVerifier([key.key for key in keys], algorithms, _TYPES)
            self._known = (generation, verifier)
        return verifier
