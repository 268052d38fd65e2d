"""What a login gets: an access token, and a refresh token for when that has expired."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["TokenPair"]


class TokenPair(msgspec.Struct, frozen=True, kw_only=True):
    """An access token and the refresh token that gets the next one (RFC 6749 5.1).

    Attributes:
        access_token: Opens routes until it expires.
        refresh_token: Gets the next pair, once.
        token_type: How the access token is presented: `"Bearer"`, or `"DPoP"` where it is bound to a key.
        expires_in: How long the access token lives, in seconds.
        scope: What it is for; None: all that its subject may do.
    """

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    scope: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The body of the answer that hands it out, as RFC 6749 5.1 spells it."""
        body = {name: getattr(self, name) for name in self.__struct_fields__}
        return body if self.scope is not None else {n: value for n, value in body.items() if n != "scope"}

    def __repr__(self) -> str:
        return (
            f"TokenPair(token_type={self.token_type!r}, expires_in={self.expires_in}, scope={self.scope!r})"
        )
