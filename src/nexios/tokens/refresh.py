"""Refresh tokens: opaque, used once, in families that end when one comes a second time (RFC 9700 4.14)."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from nexios.exceptions import InvalidToken, TokenReused
from nexios.stores.records import RefreshRecord, TokenFamily
from nexios.tokens.access import Grant
from nexios.tokens.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nexios.stores.base import TokenStore
    from nexios.tokens.revocations import Revocations

__all__ = ["RefreshTokens", "check_holder", "grant_of", "is_refresh_token"]

# 256 random bits, and a beginning by which a scanner knows what it has found.
_BYTES = 32
_START = "rt_"
_FORM = re.compile(r"rt_[A-Za-z0-9_-]{43}")

logger = logging.getLogger("nexios.tokens")


class RefreshTokens:
    """Issues refresh tokens and takes each of them once.

    Args:
        store: Where their hashes are kept.
        lifetime: How long a login goes on, in seconds.
        grace: How long after its first use a token may come again, in seconds.
        revocations: Ends the access tokens of a family.
    """

    def __init__(self, store: TokenStore, *, lifetime: float, grace: float, revocations: Revocations) -> None:
        self._store = store
        self._lifetime = lifetime
        self._grace = grace
        self._revocations = revocations

    def new_family(
        self, subject: str, client: str | None, scope: str | None, claims: Mapping[str, Any], now: float
    ) -> TokenFamily:
        """A family that begins at `now`; it is not kept yet.

        Raises:
            TypeError: The claims have no JSON form.
        """
        try:
            said = msgspec.json.encode(claims)
        except (TypeError, ValueError, RecursionError) as error:
            raise TypeError(f"the claims have no JSON form: {type(error).__name__}") from None
        return TokenFamily(
            id=new_id(now),
            subject=subject,
            client=client,
            scope=scope,
            claims=said,
            created_at=_moment(now),
            expires_at=_moment(now + self._lifetime),
        )

    async def begin(self, family: TokenFamily) -> str:
        """Keep a new family; its first token."""
        token = _new_token()
        first = RefreshRecord(token_hash=_hash(token), family=family.id, expires_at=family.expires_at)
        await self._store.add_family(family, first)
        return token

    async def find(self, token: str, now: float) -> tuple[RefreshRecord, TokenFamily]:
        """What a token is, also a used one; it is not used by this.

        Raises:
            InvalidToken: It is none, or over.
        """
        if not is_refresh_token(token):
            raise InvalidToken("not a refresh token of ours")
        return _going_on(await self._store.find_refresh(_hash(token)), now)

    async def exchange(self, token: str, now: float) -> str:
        """Use `token`; the next one of its family.

        Raises:
            InvalidToken: It is none, or over.
            TokenReused: It was used before, and its family is over.
        """
        record, family = _going_on(await self._store.use_refresh(_hash(token), _moment(now)), now)
        if record.used_at is not None and not self._is_forgiven(now - record.used_at.timestamp()):
            await self.end(family.id, now)
            logger.warning("a refresh token came a second time: the family %s is over", family.id)
            raise TokenReused("a refresh token came a second time")
        following = _new_token()
        added = await self._store.add_refresh(
            RefreshRecord(token_hash=_hash(following), family=family.id, expires_at=family.expires_at)
        )
        if not added:
            raise InvalidToken("its family has just ended")
        return following

    def _is_forgiven(self, after: float) -> bool:
        """Whether a token may come again so many seconds after its first use, or before by a clock."""
        return self._grace > 0 and after < self._grace

    async def end(self, family: str, now: float) -> bool:
        """End a family with all its access tokens. False: there is none."""
        # These first: should the store fail in between, the token comes a second time again.
        await self._revocations.revoke(family)
        return await self._store.end_family(family, _moment(now))


def is_refresh_token(token: object) -> bool:
    """Whether `token` has the form of ours: what has not costs no query."""
    return isinstance(token, str) and _FORM.fullmatch(token) is not None


def grant_of(family: TokenFamily, scope: str | None = None, jkt: str | None = None) -> Grant:
    """What the access tokens of a family are for.

    Args:
        family: The family.
        scope: A narrower scope; None: that of the login.
        jkt: The thumbprint of a key to bind them to, as those of a login may be already.
    """
    bound = {} if jkt is None else {"cnf": {"jkt": jkt}}
    return Grant(
        subject=family.subject,
        family=family.id,
        client=family.client,
        scope=family.scope if scope is None else scope,
        claims=bound | msgspec.json.decode(family.claims, type=dict[str, Any]),
        expires_at=family.expires_at.timestamp(),
    )


def check_holder(family: TokenFamily, client: str | None, jkt: str | None) -> None:
    """Refuse whoever is not the one that a family's tokens were issued to.

    Args:
        family: The family.
        client: The client that asks.
        jkt: The thumbprint of the key that it has proved.

    Raises:
        InvalidToken: The tokens are another client's, or bound to another key.
    """
    if family.client is not None and client != family.client:
        raise InvalidToken("the refresh token was issued to another client")
    bound = grant_of(family).claims.get("cnf")
    if bound is not None and (jkt is None or bound.get("jkt") != jkt):
        raise InvalidToken("the refresh token is bound to a key that was not proved (RFC 9449 5)")


def _going_on(
    found: tuple[RefreshRecord, TokenFamily] | None, now: float
) -> tuple[RefreshRecord, TokenFamily]:
    if found is None:
        raise InvalidToken("a refresh token that nobody knows")
    record, family = found
    if family.ended_at is not None:
        raise InvalidToken(f"the family {family.id} has ended")
    if not now < min(record.expires_at.timestamp(), family.expires_at.timestamp()):
        raise InvalidToken("expired")
    return record, family


def _new_token() -> str:
    return _START + secrets.token_urlsafe(_BYTES)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
