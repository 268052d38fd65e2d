"""Tokens of one's own: a login gets a pair, the pair is refreshed, and either can be called back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nexios.events import TokenIssued, TokenRefreshed, TokenRevoked
from nexios.events import TokenReused as TokenReusedEvent
from nexios.exceptions import InvalidToken, TokenReused
from nexios.tokens import checks
from nexios.tokens.access import AccessClaims, AccessTokens, IssuedToken
from nexios.tokens.pair import TokenPair
from nexios.tokens.refresh import RefreshTokens, check_holder, grant_of, is_refresh_token
from nexios.tokens.revocations import Revocations
from nexios.tokens.scopes import narrowed_scope, scope_names, scope_text
from nexios.tokens.source import unverified_issuer
from nexios.tokens.tidying import Tidying

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from nexios.events import Event, Events
    from nexios.stores.records import TokenFamily
    from nexios.tokens.ring import KeyRing
    from nexios.types import Clock

__all__ = ["Tokens"]


class Tokens:
    """Issues pairs of tokens, verifies and refreshes them, and calls them back.

    Access tokens are verified without asking anybody: `JWTAuthBackend(identifier="sub", tokens=tokens)`. What
    was revoked is known in every process within a second.

    Args:
        ring: The keys that sign and verify.
        store: Where refresh tokens and revocations are kept: one that all processes share.
        issuer: Who issues them, which `iss` names: the address of the application.
        audience: What they are for, which `aud` names; one or several.
        access_ttl: How long an access token lives.
        refresh_ttl: How long one stays logged in, from the login on.
        reuse_grace: How long after its first use a refresh token may come again: two tabs, or an answer that
            was lost. Not at all: `timedelta(0)`.
        leeway: How far the clocks of those who issue and verify may differ.
        events: Who hears what happens to them, e.g. `app.events`.
        clock: The time now, in seconds since the epoch.
        monotonic: A clock that is never turned back, in seconds.

    Raises:
        ConfigError: One of them cannot be; the message says the mend.
    """

    def __init__(
        self,
        ring: KeyRing,
        *,
        store: Any,
        issuer: str,
        audience: str | Sequence[str],
        access_ttl: timedelta = timedelta(minutes=10),
        refresh_ttl: timedelta = timedelta(days=30),
        reuse_grace: timedelta = timedelta(seconds=10),
        leeway: timedelta = timedelta(0),
        events: Events | None = None,
        clock: Clock = time.time,
        monotonic: Clock = time.monotonic,
    ) -> None:
        checks.check_ring(ring)
        checks.check_store(store)
        checks.check_issuer(issuer)
        lifetime = int(checks.checked_seconds("access_ttl", access_ttl, least=1))
        login = checks.checked_seconds("refresh_ttl", refresh_ttl, least=lifetime)
        grace = checks.checked_seconds("reuse_grace", reuse_grace, least=0)
        tolerated = checks.checked_seconds("leeway", leeway, least=0)
        self.ring = ring
        self.store = store
        self.issuer = issuer
        self.clock = clock
        self._revocations = Revocations(
            store, lifetime=lifetime, leeway=tolerated, clock=clock, monotonic=monotonic
        )
        self._access = AccessTokens(
            ring,
            issuer=issuer,
            audience=checks.checked_audience(audience),
            lifetime=lifetime,
            leeway=tolerated,
            revocations=self._revocations,
        )
        self._refresh = RefreshTokens(store, lifetime=login, grace=grace, revocations=self._revocations)
        self._events = events
        self._tidying = Tidying(store, clock)

    @property
    def generation(self) -> int:
        """Another number whenever the keys have changed."""
        return self.ring.generation

    async def issue(
        self,
        subject: str,
        *,
        claims: Mapping[str, Any] | None = None,
        scope: str | Collection[str] | None = None,
        client_id: str | None = None,
        jkt: str | None = None,
    ) -> TokenPair:
        """Begin a login.

        Args:
            subject: Whom the tokens let in, as `load_user` knows him.
            claims: What else the access tokens say, also after each refresh.
            scope: What they are for, `"read write"` or a collection; None: all that the subject may do.
            client_id: The client that they are for; it must name itself when it refreshes them.
            jkt: The thumbprint of the client's key: they are good together with a proof of it alone
                (RFC 9449 6.1).

        Raises:
            TypeError: One of them is of another kind.
            ValueError: One of them cannot be.
            StoreUnavailable: The store does not answer.
        """
        checks.check_name("subject", subject)
        for what, name in (("client_id", client_id), ("jkt", jkt)):
            if name is not None:
                checks.check_name(what, name)
        said = checks.checked_claims(claims) | ({} if jkt is None else {"cnf": {"jkt": jkt}})
        now = await self._revocations.moment_after(subject, self.clock())
        family = self._refresh.new_family(subject, client_id, scope_text(scope), said, now)
        # Signed first: what cannot be signed leaves nothing in the store, and uses no refresh token.
        access = self._access.issue(grant_of(family), now)
        return self._pair(TokenIssued, family, access, await self._refresh.begin(family))

    def verify_at_once(self, token: str) -> AccessClaims | None:
        """The claims of an access token; None where `verify` must be awaited.

        Raises:
            InvalidToken: It is not to be believed; the message says why, for the log.
        """
        claims = self._access.read(token, self.clock())
        return claims.spared() if self._revocations.is_fresh() else None

    async def verify(self, token: str) -> AccessClaims:
        """The claims of an access token.

        Raises:
            InvalidToken: It is not to be believed; the message says why, for the log.
            StoreUnavailable: Whether it was revoked cannot be found out.
        """
        return await self._access.verify(token, self.clock)

    def takes(self, token: str) -> bool:
        """Whether it is ours to judge: among several sources, what names another issuer is not."""
        return unverified_issuer(token) == self.issuer

    def permissions_of(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        """What the scope of a token permits; None: all that its subject may do."""
        return scope_names(claims.get("scope"))

    async def refresh(
        self, token: str, *, scope: str | None = None, client_id: str | None = None, jkt: str | None = None
    ) -> TokenPair:
        """Exchange a refresh token for a new pair.

        Args:
            token: The refresh token; from now on it is used.
            scope: A narrower scope for this access token; None: that of the login.
            client_id: The client that asks; it must be the one that the tokens were issued to.
            jkt: The thumbprint of the key that it has proved, to which the access token is bound.

        Raises:
            InvalidToken: It is none of ours, expired, revoked, or somebody else's.
            InvalidScope: The scope is wider than that of the login.
            TokenReused: It was used before, and its whole family is over.
            StoreUnavailable: The store does not answer.
        """
        # Taken before anything is asked: what is revoked meanwhile counts for this token too.
        now = self.clock()
        _, family = await self._refresh.find(token, now)
        check_holder(family, client_id, jkt)
        grant = grant_of(family, narrowed_scope(scope, family.scope), jkt)
        # By a clock that stands, a login may come in the moment of a revocation, and is later all the same.
        access = self._access.issue(grant, max(now, family.created_at.timestamp()))
        try:
            following = await self._refresh.exchange(token, now)
        except TokenReused:
            self._say(TokenReusedEvent, family.subject, family_id=family.id, client_id=family.client)
            raise
        return self._pair(TokenRefreshed, family, access, following)

    async def revoke(self, token: str, *, client_id: str | None = None) -> bool:
        """Call a token back: an access token by itself, a refresh token with all that came of its login.

        Args:
            token: The token.
            client_id: The client that asks, which must be its own; None: the application itself asks.

        Returns:
            False: it is none of ours, or over already.

        Raises:
            StoreUnavailable: The store does not answer; ask again.
        """
        now = self.clock()
        try:
            if is_refresh_token(token):
                _, family = await self._refresh.find(token, now)
                owner = family.client
            else:
                claims = self._access.read(token, now)
                owner = claims.get("client_id")
        except InvalidToken:
            return False
        if client_id is not None and owner != client_id:
            return False
        if is_refresh_token(token):
            return await self._end(family.id, family.subject)
        await self._revocations.revoke(claims["jti"])
        self._say(TokenRevoked, claims["sub"], token_id=claims["jti"])
        return True

    async def revoke_family(self, family_id: str) -> bool:
        """Call back all that came of one login, which the claim `sid` of its access tokens names.

        Returns:
            False: there is no such login.

        Raises:
            StoreUnavailable: The store does not answer; ask again.
        """
        checks.check_name("family_id", family_id)
        return await self._end(family_id, None)

    async def revoke_all(self, subject: str) -> int:
        """Call back every token of `subject`; a login after this is not concerned.

        Returns:
            How many logins are over by it.

        Raises:
            StoreUnavailable: The store does not answer; ask again.
        """
        checks.check_name("subject", subject)
        # These first: should the store fail in between, whoever asks again finds the families still there.
        await self._revocations.revoke_subject(subject)
        count: int = await self.store.end_families(subject, self._now())
        self._say(TokenRevoked, subject, count=count)
        return count

    async def find_refresh(self, token: str) -> TokenFamily | None:
        """The login of a refresh token that is good and fresh, which is not used by this; else None."""
        try:
            record, family = await self._refresh.find(token, self.clock())
        except InvalidToken:
            return None
        return family if record.used_at is None else None

    async def purge(self, limit: int = 1000) -> int:
        """Delete at most `limit` logins and revocations that are over; issuing does it now and then."""
        return await self._tidying.purge(limit)

    def _pair(
        self,
        kind: type[TokenIssued | TokenRefreshed],
        family: TokenFamily,
        access: IssuedToken,
        refresh_token: str,
    ) -> TokenPair:
        self._say(kind, family.subject, family_id=family.id, token_id=access.id, client_id=family.client)
        self._tidying.added()
        return TokenPair(
            access_token=access.token,
            refresh_token=refresh_token,
            token_type="DPoP" if access.is_bound else "Bearer",
            expires_in=access.lifetime,
            scope=access.scope,
        )

    async def _end(self, family_id: str, subject: str | None) -> bool:
        ended = await self._refresh.end(family_id, self.clock())
        if ended:
            self._say(TokenRevoked, subject, family_id=family_id)
        return ended

    def _say(self, kind: type[Event], subject: str | None, **what: Any) -> None:
        events = self._events
        if events is not None and events.wants(kind):
            events.emit(kind(identity=subject, scope="jwt", at=self._now(), **what))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def __repr__(self) -> str:
        return f"<Tokens of {self.issuer!r}>"
