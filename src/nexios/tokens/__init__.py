"""JSON Web Tokens: keys, signatures and claims; knows nothing of the web."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nexios.exceptions import TokenReused
    from nexios.tokens.cookie import RefreshCookie
    from nexios.tokens.dpop import DPoP
    from nexios.tokens.endpoints import token_routes
    from nexios.tokens.introspection import Introspection
    from nexios.tokens.issuers import Issuer
    from nexios.tokens.manager import Tokens
    from nexios.tokens.pair import TokenPair
    from nexios.tokens.resource import ProtectedResource
    from nexios.tokens.ring import KeyRing
    from nexios.tokens.routes import resource_routes

__all__ = [
    "DPoP",
    "Introspection",
    "Issuer",
    "KeyRing",
    "ProtectedResource",
    "RefreshCookie",
    "TokenPair",
    "TokenReused",
    "Tokens",
    "resource_routes",
    "token_routes",
]

_PLACES = {
    "DPoP": "nexios.tokens.dpop",
    "Introspection": "nexios.tokens.introspection",
    "Issuer": "nexios.tokens.issuers",
    "KeyRing": "nexios.tokens.ring",
    "ProtectedResource": "nexios.tokens.resource",
    "RefreshCookie": "nexios.tokens.cookie",
    "resource_routes": "nexios.tokens.routes",
    "token_routes": "nexios.tokens.endpoints",
    "TokenPair": "nexios.tokens.pair",
    "TokenReused": "nexios.exceptions",
    "Tokens": "nexios.tokens.manager",
}


def __getattr__(name: str) -> Any:
    # On first use: whoever verifies by a secret loads none of it.
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(place), name)
