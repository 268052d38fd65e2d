"""The form of an API key: `prefix_`, 43 random letters and digits, 8 of checksum.

The checksum lets a typo, or a scanner that finds a key where none should be, be recognised without a look-up.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib

__all__ = ["KEY_PREFIX", "check_prefix", "create_api_key", "has_key_form", "hash_key", "verify_key"]

KEY_PREFIX = "key"

_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
# 62 ** 43 is more than 2 ** 256 (ASVS 11.5.1 asks for 128 bits)
_RANDOM = 43
# CRC-32 in hexadecimal: it finds typos, and proves nothing
_CHECKSUM = 8
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")
_MAX_PREFIX = 32
_KEY = re.compile(
    rf"([A-Za-z][A-Za-z0-9_]{{0,{_MAX_PREFIX - 1}}})_[0-9A-Za-z]{{{_RANDOM}}}[0-9a-f]{{{_CHECKSUM}}}"
)
_HASH = re.compile(r"[0-9a-f]{64}")


def create_api_key(prefix: str = KEY_PREFIX) -> tuple[str, str]:
    """Make an API key.

    Args:
        prefix: What it begins with: letters, digits and single underscores, e.g. `"acme_live"`.

    Returns:
        The key, to be shown once, and its hash, to be stored in place of it.

    Raises:
        ValueError: `prefix` is no prefix.
    """
    start = check_prefix(prefix) + "_" + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    key = start + _checksum(start)
    return key, hash_key(key)


def verify_key(key: object, stored_hash: object) -> bool:
    """Whether `stored_hash` is that of `key`; never raises, and takes the same time wherever they differ.

    Args:
        key: As it was presented.
        stored_hash: As `create_api_key` gave it.
    """
    if not isinstance(key, str) or not isinstance(stored_hash, str):
        return False
    if not has_key_form(key) or not _HASH.fullmatch(stored_hash):
        return False
    return hmac.compare_digest(hash_key(key), stored_hash)


def has_key_form(key: str, prefix: str | None = None) -> bool:
    """Whether `key` has the form and the checksum of an API key, and where it is given, that prefix."""
    match = _KEY.fullmatch(key)
    if match is None or (prefix is not None and match[1] != prefix):
        return False
    return _checksum(key[:-_CHECKSUM]) == key[-_CHECKSUM:]


def hash_key(key: str) -> str:
    """The hash that is stored: SHA-256, since a key of 256 random bits needs no slow one (ASVS 11.4.2)."""
    return hashlib.sha256(key.encode()).hexdigest()


def check_prefix(prefix: str) -> str:
    """`prefix`, if it is one.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(prefix, str) or len(prefix) > _MAX_PREFIX or not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"a prefix begins with a letter and has at most {_MAX_PREFIX} letters, digits and single "
            f'underscores, e.g. "acme_live"'
        )
    return prefix


def _checksum(start: str) -> str:
    return f"{zlib.crc32(start.encode()):08x}"
