"""Where an issuer's keys stand: OpenID Connect Discovery and RFC 8414."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from nexios.exceptions import ConfigError, IssuerUnavailable
from nexios.tokens.urls import secure_url

__all__ = ["jwks_members", "jwks_uri_of", "metadata_urls"]

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def metadata_urls(issuer: str) -> tuple[str, str]:
    """Where an issuer says about itself: by OpenID Connect Discovery 4, and by RFC 8414 3."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    return (
        f"{origin}{path}/.well-known/openid-configuration",
        f"{origin}/.well-known/oauth-authorization-server{path}",
    )


def jwks_uri_of(metadata: bytes, issuer: str) -> str:
    """Where the keys stand, by what an issuer says about itself.

    Args:
        metadata: What was read.
        issuer: Who it must be about, letter by letter (RFC 8414 3.3).

    Raises:
        IssuerUnavailable: It says no such thing, or is about somebody else.
    """
    found = _object(metadata, "what the issuer says about itself")
    if found.get("issuer") != issuer:
        named = str(found.get("issuer"))[:200]
        raise IssuerUnavailable(
            f"the metadata is of the issuer {named!r}, not of {issuer!r}, letter by letter"
        )
    uri = found.get("jwks_uri")
    try:
        secure_url(uri, "jwks_uri")
    except ConfigError as error:
        raise IssuerUnavailable(f"the metadata names no place of keys: {error}") from None
    return str(uri)


def jwks_members(body: bytes) -> list[Any]:
    """The members of a JWKS, whatever they are (RFC 7517 5).

    Raises:
        IssuerUnavailable: It is none.
    """
    members = _object(body, "the JWKS").get("keys")
    if not isinstance(members, list):
        raise IssuerUnavailable("the JWKS has no list of keys (RFC 7517 5)")
    return members


def _object(body: bytes, what: str) -> dict[str, Any]:
    try:
        return _decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise IssuerUnavailable(f"{what} is no JSON object") from None
