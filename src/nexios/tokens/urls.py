"""Addresses to which secrets may go, and from which keys may come."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from nexios.exceptions import ConfigError

__all__ = ["origin_of", "secure_url"]

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"https": 443, "http": 80}


def secure_url(url: object, what: str) -> SplitResult:
    """`url`, if what travels there is read by nobody else: https, or this machine itself.

    Args:
        url: The address.
        what: What it is for, for the error.

    Raises:
        ConfigError: It is none, or one that is not safe.
    """
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ConfigError(f"{what} is an address, e.g. https://accounts.example, in printable ASCII letters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"{what} is no address: e.g. https://accounts.example") from None
    if parts.username is not None:
        raise ConfigError(f"{what}: a name or password in the address is seen by everybody: leave it out")
    if not host or port == 0:
        raise ConfigError(f"{what} names no host: e.g. https://accounts.example")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOCAL):
        raise ConfigError(f"{what} must begin with https://, since whoever sits between could answer else")
    if "#" in url:
        raise ConfigError(f"{what} must have no part behind a #")
    return parts


def origin_of(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Scheme, host and port (RFC 6454 4)."""
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
