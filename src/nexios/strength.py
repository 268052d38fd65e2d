"""Is a secret one that nobody can guess?"""

from __future__ import annotations

import re

__all__ = ["secret_weakness"]

# RFC 7518 3.2: a key of at least the size of the hash output.
_MINIMUM_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}

# Words of which the placeholders in documentation and tutorials are made.
_PLACEHOLDER = re.compile(
    r"(?:(?:your|my|a|the|very|super|top|please|and|me|this|to|in|for|not|so|it|with|some|random|long|real)[\W_]*)*"
    r"(?:secret|change|changeme|changethis|replace|password|passw0rd|example|insecure|placeholder|test|dev|jwt|key"
    r"|token|demo|keyboard|default|256|bit|django|nexios|letmein|admin|production|string|value|development)"
    r"(?:[\W_]*(?:your|my|a|the|very|super|top|please|and|me|this|to|in|for|not|so|it|with|some|random|long|real"
    r"|secret|change|changeme|replace|password|example|insecure|placeholder|test|dev|jwt|key|token|demo|cat"
    r"|default|256|bit|bits|production|string|value|here|development|app|goes|something|else|before|\d{1,3}))*[\W_]*",
    re.IGNORECASE,
)


def secret_weakness(secret: str, algorithm: str = "HS256") -> str | None:
    """Say what is weak about `secret`, or None where nothing is (RFC 7518 3.2; ASVS 13.3.1).

    Args:
        secret: The secret; it never appears in the answer.
        algorithm: The JWS algorithm that it signs for.
    """
    if _PLACEHOLDER.fullmatch(secret):
        return "is a placeholder from documentation, which anyone can guess"
    if len(set(secret)) < 8:
        return "repeats a few letters, which anyone can guess"
    minimum = _MINIMUM_BYTES.get(algorithm, 32)
    size = len(secret.encode())
    if size < minimum:
        return f"has {size} bytes where {algorithm} wants at least {minimum} (RFC 7518 3.2)"
    return None
