"""The refresh token of a browser, in a cookie that no script reads and no other path gets."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from nexios.http.response import Response
    from nexios.tokens.pair import TokenPair

__all__ = ["RefreshCookie"]

# RFC 6265 4.1.1: a cookie's name is a token.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PATH = re.compile(r"/[\x21-\x3a\x3c-\x7e]*")


class RefreshCookie:
    """Keeps a refresh token in a browser: HttpOnly, Secure, SameSite=Strict, and for one path alone.

    Args:
        name: Its name.
        path: The path of the token route, as browsers see it.
        max_age: How long the browser keeps it; the `refresh_ttl` of the tokens.

    Raises:
        ConfigError: One of them cannot be.
    """

    def __init__(
        self,
        name: str = "refresh_token",
        *,
        path: str = "/token",
        max_age: timedelta = timedelta(days=30),
    ) -> None:
        # A name with this prefix, in whatever case, is that of a cookie for all paths (RFC 6265bis 4.1.3.2).
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name.lower().startswith("__host-"):
            raise ConfigError(
                f"RefreshCookie: {name!r} names no cookie of one path: use letters, digits and _"
            )
        if not isinstance(path, str) or not _PATH.fullmatch(path) or path == "/":
            raise ConfigError('RefreshCookie: path is the path of the token route, e.g. path="/token"')
        if not isinstance(max_age, timedelta) or max_age < timedelta(seconds=1):
            raise ConfigError("RefreshCookie: max_age is a timedelta of a second or more: timedelta(days=30)")
        self.name = name
        self.path = path
        self._max_age = int(max_age.total_seconds())

    def set(self, response: Response, pair: TokenPair) -> dict[str, Any]:
        """Put the refresh token into the cookie; the body of the answer, which has everything else."""
        response.set_cookie(
            self.name,
            pair.refresh_token,
            max_age=self._max_age,
            path=self.path,
            secure=True,
            httponly=True,
            samesite="strict",
        )
        # RFC 6749 5.1: a token stays in no cache.
        response.set_header("Cache-Control", "no-store")
        body = pair.to_dict()
        del body["refresh_token"]
        return body

    def delete(self, response: Response) -> None:
        """Tell the browser to forget it."""
        response.set_cookie(
            self.name, max_age=0, expires=0, path=self.path, secure=True, httponly=True, samesite="strict"
        )

    def __repr__(self) -> str:
        return f"RefreshCookie({self.name!r}, path={self.path!r})"
