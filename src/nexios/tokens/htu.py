"""Addresses as proofs name them, compared after normalization (RFC 9449 4.3, RFC 3986 6.2.2 and 6.2.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["normal_path", "normal_url", "path_of"]

_PORTS = {"https": 443, "http": 80}
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def normal_url(url: object) -> str:
    """`url` without its query and fragment, spelt as all who mean the same spell it.

    Raises:
        ValueError: It is none of a host.
    """
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("not an address")
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), parts.hostname
    if scheme not in _PORTS or not host or "@" in parts.netloc:
        raise ValueError("not an address of a host")
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    at = host if port is None or port == _PORTS[scheme] else f"{host}:{port}"
    return f"{scheme}://{at}{normal_path(parts.path)}"


def path_of(scope: Mapping[str, Any]) -> str:
    """The path of a request, as its client spelt it."""
    raw = scope.get("raw_path")
    if isinstance(raw, bytes):
        return normal_path(raw.decode("latin-1").partition("?")[0])
    return normal_path(quote(scope["path"], safe="/:@!$&'()*+,;=~"))


def normal_path(path: str) -> str:
    """`path` with letters that need no code spelt without, and codes in capitals."""
    return _ENCODED.sub(_normal_code, path) or "/"


def _normal_code(code: re.Match[str]) -> str:
    letter = chr(int(code[0][1:], 16))
    return letter if _UNRESERVED.fullmatch(letter) else code[0].upper()
