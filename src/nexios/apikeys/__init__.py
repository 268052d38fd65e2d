"""API keys: how one is made and verified, and those that a store keeps.

All of it but `routes` knows nothing of the web.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nexios.apikeys.format import create_api_key, hash_key, verify_key
from nexios.apikeys.manager import APIKeys
from nexios.apikeys.model import APIKey

if TYPE_CHECKING:
    from nexios.apikeys.routes import key_routes as key_routes

__all__ = ["APIKey", "APIKeys", "create_api_key", "hash_key", "key_routes", "verify_key"]


def __getattr__(name: str) -> Any:
    # The routes stand floors above: whoever wants them has the web anyway.
    if name != "key_routes":
        raise AttributeError(f"module 'nexios.apikeys' has no attribute {name!r}")
    return import_module("nexios.apikeys.routes").key_routes
