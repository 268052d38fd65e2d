"""What goes to and comes from the routes of tokens, for the API's description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["GrantedTokens", "Introspected", "OAuthError", "PublishedKeys", "RefreshForm", "TokenForm"]


class RefreshForm(msgspec.Struct):
    """A refresh (RFC 6749 6)."""

    grant_type: Literal["refresh_token"]
    refresh_token: Annotated[str | UnsetType, msgspec.Meta(description="Left out where it is a cookie.")] = (
        UNSET
    )
    scope: Annotated[str | UnsetType, msgspec.Meta(description="A narrower one than was granted.")] = UNSET
    client_id: str | UnsetType = UNSET


class TokenForm(msgspec.Struct):
    """A token (RFC 7009 2.1, RFC 7662 2.1)."""

    token: str
    token_type_hint: Literal["access_token", "refresh_token"] | UnsetType = UNSET
    client_id: str | UnsetType = UNSET


class GrantedTokens(msgspec.Struct):
    """The tokens of a login (RFC 6749 5.1)."""

    access_token: str
    token_type: Literal["Bearer", "DPoP"]
    expires_in: Annotated[int, msgspec.Meta(description="How long the access token lives, in seconds.")]
    refresh_token: Annotated[str | UnsetType, msgspec.Meta(description="Left out where it is a cookie.")] = (
        UNSET
    )
    scope: Annotated[str | UnsetType, msgspec.Meta(description="Left out where it is everything.")] = UNSET


class OAuthError(msgspec.Struct):
    """Why nothing is given (RFC 6749 5.2)."""

    error: str
    error_description: str


class Introspected(msgspec.Struct):
    """Whether a token is good, and if it is, what it says (RFC 7662 2.2)."""

    active: bool


class PublishedKeys(msgspec.Struct):
    """Public keys (RFC 7517 5)."""

    keys: list[dict[str, Any]]
