"""Is a secret one that nobody can guess?"""

from __future__ import annotations

import re

__all__ = ["MINIMUM_BYTES", "is_public_key", "secret_weakness"]

# RFC 7518 3.2: a key of at least the size of the hash output.
MINIMUM_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}

# Words of which the placeholders in documentation and tutorials are made, the longer before the shorter.
_PLACEHOLDER_WORDS = re.compile(
    "development|placeholder|production|changeme|changethis|insecure|password|passw0rd|something|environment"
    "|keyboard|default|example|replace|letmein|session|django|nexios|please|random|secret|secure|string|before"
    "|change|signing|admin|super|token|value|using|least|bytes|chars|characters|your|demo|else|goes|here|this|long"
    "|real|some|test|very|with|that|cat|bits|bit|hex|key|jwt|app|dev|and|for|not|the|top|use|in|is|it|at|me|my|of|to|so|a"
)

_PUBLIC_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9 ]*PUBLIC KEY|CERTIFICATE)|---- BEGIN SSH2 PUBLIC"
    r"|\A\s*(?:sk-)?(?:ssh|ecdsa)-[a-z0-9]"
)


def is_public_key(text: str) -> bool:
    """Whether `text` is a public key or certificate, which proves nothing as a secret (CVE-2024-33663)."""
    return _PUBLIC_KEY.search(text) is not None


def secret_weakness(secret: str, algorithm: str = "HS256") -> str | None:
    """Say what is weak about `secret`, or None where nothing is (RFC 7518 3.2; ASVS 13.3.1).

    Args:
        secret: The secret; it never appears in the answer.
        algorithm: The JWS algorithm that it signs for.
    """
    letters = re.sub(r"[\W\d_]+", "", secret.lower())
    if letters and not _PLACEHOLDER_WORDS.sub("", letters):
        return "is a placeholder from documentation, which anyone can guess"
    if len(set(secret)) < 8:
        return "repeats a few letters, which anyone can guess"
    minimum = MINIMUM_BYTES.get(algorithm, 32)
    size = len(secret.encode())
    if size < minimum:
        return f"has {size} bytes where {algorithm} wants at least {minimum} (RFC 7518 3.2)"
    return None
