"""The secret in the cookie of a session that is kept in a store."""

from __future__ import annotations

import hashlib
import re
import secrets

__all__ = ["hash_secret", "is_secret", "new_record_id", "new_secret"]

# 32 bytes as base64url: the last letter has two bits that decoding would ignore, so that only one spelling
# of each secret is one.
_SECRET = re.compile(rb"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


def new_secret() -> str:
    """A new secret: 256 random bits (ASVS 7.2.3)."""
    return secrets.token_urlsafe(32)


def is_secret(value: bytes) -> bool:
    """Whether `value` has the form of a secret; nothing else is worth a query."""
    return _SECRET.fullmatch(value) is not None


def hash_secret(secret: str) -> str:
    """What a store keeps in place of the secret: with 256 random bits, a plain hash cannot be reversed."""
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def new_record_id() -> str:
    """The public name of a new session: 96 random bits; it has not the form of a secret."""
    return secrets.token_hex(12)
