"""API keys: how one is made and verified, and those that a store keeps; knows nothing of the web."""

from nexios.apikeys.format import create_api_key, hash_key, verify_key
from nexios.apikeys.manager import APIKeys
from nexios.apikeys.model import APIKey

__all__ = ["APIKey", "APIKeys", "create_api_key", "hash_key", "verify_key"]
