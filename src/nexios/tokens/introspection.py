"""Opaque tokens of others: their issuer is asked what they are (RFC 7662)."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from nexios.exceptions import ConfigError, InvalidToken, IssuerUnavailable
from nexios.kept import Kept
from nexios.tokens.claims import ClaimRules, Claims
from nexios.tokens.fetching import post_form
from nexios.tokens.issuers import client_opener
from nexios.tokens.jsontext import json_object
from nexios.tokens.sharing import Shared
from nexios.tokens.source import ToPermissions, scope_permissions
from nexios.tokens.urls import secure_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx2

    from nexios.types import Clock

__all__ = ["Introspection"]

# What is refused is asked about again sooner than what was good.
_REFUSED_FOR = 5.0
_KINDS = {
    "token_type": frozenset({"bearer", "dpop"}),
    "token_use": frozenset({"access_token", "access"}),
    "typ": frozenset({"bearer", "jwt", "at+jwt"}),
}


class Introspection:
    """Tokens of which their issuer says what they are (RFC 7662): `JWTAuthBackend("sub", tokens=...)`.

    What it answers is kept for a short time, and no longer than the token lives; by the hash of the token.
    A token that the issuer takes back is refused once that time is over.

    Args:
        url: Where it is asked.
        client_id: Who we are to it.
        client_secret: What proves that.
        audience: Who a token must be for; None: it must be for nobody in particular.
        issuer: Who it must be from; None: whoever its issuer says.
        http: A client that asks, which you close yourself; one of its own for each question by default.
        permissions: From what it answers to what may be done with the token; by default the scopes.
            None: whatever the user may do.
        identity: From what it answers to the identity; by default the backend's claim names it.
        keep_for: How long an answer is kept; zero: not at all.
        kept: How many are kept at most.
        clock: The time now, in seconds since the epoch.

    Raises:
        ConfigError: One of them cannot be, or httpx2 is missing; the message says the mend.
    """

    generation = 0

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        client_secret: str,
        audience: str | Sequence[str] | None = None,
        issuer: str | None = None,
        http: httpx2.AsyncClient | None = None,
        permissions: ToPermissions | None = scope_permissions,
        identity: Callable[[Mapping[str, Any]], str | None] | None = None,
        keep_for: timedelta = timedelta(seconds=30),
        kept: int = 10_000,
        clock: Clock = time.time,
    ) -> None:
        secure_url(url, "Introspection: the url")
        for name, value in (("client_id", client_id), ("client_secret", client_secret)):
            if not isinstance(value, str) or not value:
                raise ConfigError(f"Introspection: {name} must be text, as the issuer gave it to you")
        audiences = (audience,) if isinstance(audience, str) else audience
        if audiences is not None and not (
            isinstance(audiences, Sequence)
            and audiences
            and all(isinstance(name, str) and name for name in audiences)
        ):
            raise ConfigError("Introspection: audience must be a text or a list of texts, or None")
        if issuer is not None and not isinstance(issuer, str):
            raise ConfigError("Introspection: issuer must be text, as the issuer calls itself, or None")
        if not all(function is None or callable(function) for function in (permissions, identity)):
            raise ConfigError(
                "Introspection: permissions and identity must be functions of the claims or None"
            )
        if not isinstance(keep_for, timedelta) or not timedelta(0) <= keep_for <= timedelta(hours=1):
            raise ConfigError("Introspection: keep_for must be a timedelta of an hour or less")
        if type(kept) is not int or kept < 0:
            raise ConfigError("Introspection: kept must be a number of answers")
        self.url = url
        self.clock = clock
        self.permissions_of = permissions
        self.identity_of = identity
        self._rules = ClaimRules(
            None if audiences is None else tuple(audiences), None if issuer is None else (issuer,)
        )
        self._open = client_opener(http)
        # RFC 6749 2.3.1: both are form-encoded before they become Basic credentials
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()
        self._headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        self._keep_for = keep_for.total_seconds()
        entries = kept if self._keep_for else 0
        self._good: Kept[bytes, Claims] = Kept(entries=entries)
        self._asking: Shared[Claims] = Shared()
        # Apart, so that whoever makes tokens up does not push the good ones out.
        self._refused: Kept[bytes, tuple[float, str]] = Kept(entries=entries)

    def verify_at_once(self, token: str) -> Claims | None:
        """What the issuer has said of `token` a moment ago; None where it must be asked.

        Raises:
            InvalidToken: It has said that it is not good.
        """
        name, now = _hash(token), self.clock()
        found = self._good.get(name)
        if found is not None:
            if found.hold_at(now):
                return found
            self._good.discard(name)
        refused = self._refused.get(name)
        if refused is not None:
            until, reason = refused
            if until - _REFUSED_FOR <= now < until:
                raise InvalidToken(reason)
            self._refused.discard(name)
        return None

    async def verify(self, token: str) -> Claims:
        """What the issuer says of `token`.

        Raises:
            InvalidToken: It says that it is not good, or it is not meant for us.
            IssuerUnavailable: It did not answer.
        """
        known = self.verify_at_once(token)
        if known is not None:
            return known
        return await self._asking.ask(_hash(token), partial(self._ask, token))

    async def _ask(self, token: str) -> Claims:
        asked_at = self.clock()
        body = await self._asked(token)
        try:
            claims = self._read(body, asked_at)
        except InvalidToken as refused:
            self._refused.put(_hash(token), (asked_at + min(_REFUSED_FOR, self._keep_for), str(refused)))
            raise
        self._good.put(_hash(token), claims)
        return claims

    async def _asked(self, token: str) -> bytes:
        form = {"token": token, "token_type_hint": "access_token"}
        status, body = await post_form(self._open, self.url, form, self._headers)
        if status != 200:
            # 401: it does not know us, which is nothing that the client could mend.
            raise IssuerUnavailable(f"{self.url} answered {status}")
        return body

    def _read(self, body: bytes, asked_at: float) -> Claims:
        try:
            answer = json_object(body)
        except ValueError as error:
            raise IssuerUnavailable(f"what {self.url} answered is {error}") from None
        if answer.pop("active", None) is not True:
            raise InvalidToken("its issuer says that it is not active")
        for name, allowed in _KINDS.items():
            kind = answer.get(name, "")
            # A refresh token is active too, and lets nobody in (RFC 9700 4.14).
            if name in answer and not (isinstance(kind, str) and kind.lower() in allowed):
                raise InvalidToken(f"its {name} is not that of an access token")
        if str(answer.get("token_type", "")).lower() == "dpop" and answer.get("cnf") is None:
            # Without the key it would be taken for a token that anybody may bring (RFC 9449 6.2).
            raise InvalidToken("its token_type is DPoP, and it names no key")
        if self._rules.audience is None and "aud" in answer:
            raise InvalidToken("aud names an audience, and none is set: Introspection(audience=...)")
        claims = self._rules.check(answer, asked_at)
        # Also where the clock is set back meanwhile.
        return claims.within(asked_at - self._keep_for, asked_at + self._keep_for)

    def __repr__(self) -> str:
        return f"Introspection({self.url!r})"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
