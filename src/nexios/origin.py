"""Whether a request comes from another site (CWE-352; `Sec-Fetch-Site` of the Fetch standard, RFC 6454)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SAFE_METHODS", "OriginCheck"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110 9.2.1)."""

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class OriginCheck:
    """Tells requests that a page of another site sent from all others.

    A browser says where a request comes from by `Sec-Fetch-Site`, an older one by `Origin`; a client that is
    no browser sends neither and is never foreign.

    Args:
        trusted_origins: Origins that are not foreign, e.g. `"https://app.example"`.

    Raises:
        ConfigError: One of them is no origin.
    """

    def __init__(self, trusted_origins: Iterable[str] = ()) -> None:
        if isinstance(trusted_origins, str):
            raise ConfigError(f'trusted_origins is a list: trusted_origins=["{trusted_origins}"]')
        self._trusted = frozenset(_checked(origin) for origin in trusted_origins)

    def is_foreign(self, scope: Mapping[str, Any]) -> bool:
        """Whether the request of `scope` comes from another site."""
        sites, origins, hosts = [], [], []
        for name, value in scope["headers"]:
            if name == b"sec-fetch-site":
                sites.append(value)
            elif name == b"origin":
                origins.append(value)
            elif name == b"host":
                hosts.append(value)
        if len(sites) > 1 or len(origins) > 1:
            return True
        origin = origins[0].decode("latin-1") if origins else None
        if origin is not None and origin in self._trusted:
            return False
        if sites:
            # Sec-Fetch-Site decides alone: no page can set it, and it sees through a proxy that changes Host.
            return sites[0] not in (b"same-origin", b"none")
        if origin is None:
            return False
        return len(hosts) != 1 or not _same_host(origin, hosts[0].decode("latin-1"))


def _same_host(origin: str, host: str) -> bool:
    """Whether `origin` is of `host`; its scheme is left out, since a proxy may have ended TLS."""
    try:
        parts = urlsplit(origin)
        here = urlsplit(f"//{host}")
        if parts.scheme not in _DEFAULT_PORTS or parts.hostname is None or "@" in parts.netloc:
            return False
        default = _DEFAULT_PORTS[parts.scheme]
        return parts.hostname == here.hostname and (parts.port or default) == (here.port or default)
    except ValueError:
        return False


def _checked(origin: str) -> str:
    try:
        parts = urlsplit(origin)
        valid = (
            parts.scheme in ("http", "https")
            and parts.hostname
            and origin == f"{parts.scheme}://{parts.netloc}"
            and "@" not in parts.netloc
            and parts.port != 0
        )
    except (ValueError, AttributeError, TypeError):
        valid = False
    if not valid:
        raise ConfigError(
            f"trusted_origins: {origin!r} is no origin; write scheme and host alone, "
            f'e.g. "https://app.example"'
        )
    # A browser leaves the scheme's own port out of an origin (RFC 6454 6.2).
    return origin.lower().removesuffix(f":{_DEFAULT_PORTS[parts.scheme]}")
