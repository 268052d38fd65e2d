"""How a session's cookie looks and how long it lives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from nexios.exceptions import ConfigError

__all__ = ["CookieSettings"]

# RFC 6265 4.1.1: a cookie's name is a token.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What a calendar ends before could not be kept by a store; no browser keeps a cookie beyond 400 days.
_LONGEST = timedelta(days=36_525)
_ATTRIBUTE = re.compile(r"[\x21-\x3a\x3c-\x7e]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieSettings:
    """The cookie's name, life and flags (RFC 6265bis; ASVS 3.3).

    Raises:
        ConfigError: They do not fit together; the message says the mend.
    """

    cookie_name: str = "session"
    max_age: timedelta = timedelta(days=14)
    idle_timeout: timedelta | None = None
    same_site: Literal["lax", "strict", "none"] = "lax"
    secure: bool | Literal["auto"] = "auto"
    path: str = "/"
    domain: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.cookie_name, str) or not _NAME.fullmatch(self.cookie_name):
            raise ConfigError(
                f"cookie_name {self.cookie_name!r} is no cookie name: use letters, digits, - and _"
            )
        if self.same_site not in ("lax", "strict", "none"):
            raise ConfigError(f'same_site must be "lax", "strict" or "none", not {self.same_site!r}')
        if self.secure not in (True, False, "auto"):
            raise ConfigError(f'secure must be True, False or "auto", not {self.secure!r}')
        for name in ("max_age", "idle_timeout"):
            value = getattr(self, name)
            if (value is not None or name == "max_age") and (
                not isinstance(value, timedelta) or value < timedelta(seconds=1)
            ):
                raise ConfigError(f"{name} must be a timedelta of a second or more, e.g. timedelta(days=14)")
            if value is not None and value > _LONGEST:
                raise ConfigError(f"{name} must be at most a hundred years, e.g. timedelta(days=400)")
        if (
            not isinstance(self.path, str)
            or not self.path.startswith("/")
            or not _ATTRIBUTE.fullmatch(self.path)
        ):
            raise ConfigError(f"path {self.path!r} must begin with / and hold neither blanks nor semicolons")
        if self.domain is not None and not (
            isinstance(self.domain, str) and self.domain and _ATTRIBUTE.fullmatch(self.domain)
        ):
            raise ConfigError(f'domain {self.domain!r} is no domain: domain="example.com", or leave it out')
        if self.same_site == "none" and self.secure is False:
            raise ConfigError('same_site="none" needs secure=True: browsers drop such a cookie otherwise')
        if self.cookie_name.startswith("__Host-") and (
            self.path != "/" or self.domain or self.secure is False
        ):
            raise ConfigError('a "__Host-" cookie needs secure=True, path="/" and no domain: leave them out')
        if self.cookie_name.startswith("__Secure-") and self.secure is False:
            raise ConfigError('a "__Secure-" cookie needs secure=True: leave secure out')

    def set_cookie(self, value: str, max_age: int, scheme: str) -> tuple[bytes, bytes]:
        """The header that sets the cookie for `max_age` seconds."""
        return self._header(f"{self.cookie_name}={value}; Max-Age={max_age}", scheme)

    def delete_cookie(self, scheme: str) -> tuple[bytes, bytes]:
        """The header that makes the client forget the cookie."""
        return self._header(f"{self.cookie_name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT", scheme)

    def _header(self, start: str, scheme: str) -> tuple[bytes, bytes]:
        line = f"{start}; Path={self.path}; HttpOnly; SameSite={self.same_site.capitalize()}"
        if self.domain is not None:
            line += f"; Domain={self.domain}"
        if self._is_secure(scheme):
            line += "; Secure"
        return b"set-cookie", line.encode("ascii")

    def _is_secure(self, scheme: str) -> bool:
        if self.secure != "auto":
            return bool(self.secure)
        forced = self.same_site == "none" or self.cookie_name.startswith(("__Host-", "__Secure-"))
        return forced or scheme in ("https", "wss")
