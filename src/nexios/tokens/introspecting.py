"""What is to be known of a token, for those who may ask (RFC 7662)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.exceptions import InvalidToken
from nexios.tokens.refresh import grant_of, is_refresh_token

if TYPE_CHECKING:
    from nexios.tokens.manager import Tokens

__all__ = ["introspected"]

_INACTIVE = {"active": False}


async def introspected(tokens: Tokens, token: str) -> dict[str, Any]:
    """The answer of RFC 7662 2.2; of a token that is none of ours, or over, only that it is not active.

    Raises:
        StoreUnavailable: It cannot be found out.
    """
    if is_refresh_token(token):
        return await _of_refresh_token(tokens, token)
    try:
        claims = await tokens.verify(token)
    except InvalidToken:
        return dict(_INACTIVE)
    kind = "Bearer" if claims.get("cnf") is None else "DPoP"
    # Last, so that nothing that an application lets its tokens say takes their place.
    return {**claims, "active": True, "token_type": kind}


async def _of_refresh_token(tokens: Tokens, token: str) -> dict[str, Any]:
    family = await tokens.find_refresh(token)
    if family is None:
        return dict(_INACTIVE)
    grant = grant_of(family)
    known = {
        "iss": tokens.issuer,
        "sub": grant.subject,
        "sid": grant.family,
        "client_id": grant.client,
        "scope": grant.scope,
        "iat": int(family.created_at.timestamp()),
        "exp": int(grant.expires_at),
        "cnf": grant.claims.get("cnf"),
    }
    return {"active": True} | {name: value for name, value in known.items() if value is not None}
