"""Tokens made by hand, with nothing of ours: what a forger, or another library, may write."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from tests.parts import SECRET

DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
GOOD_HEADER = {"typ": "JWT", "alg": "HS256"}
GOOD_CLAIMS = {"id": "7"}


def b64(data: bytes) -> str:
    """`data` in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def part(value: Any) -> str:
    """A part of a token: bytes as they are, all else as JSON."""
    return b64(value if isinstance(value, bytes) else json.dumps(value).encode())


def forge(
    header: Any = GOOD_HEADER,
    payload: Any = GOOD_CLAIMS,
    *,
    secret: str | bytes = SECRET,
    digest: str = "HS256",
) -> str:
    """A token under `header` and `payload`, whatever they are, signed by an HMAC of `secret`."""
    return sign(f"{part(header)}.{part(payload)}", secret=secret, digest=digest)


def sign(signed: str, *, secret: str | bytes = SECRET, digest: str = "HS256") -> str:
    """`signed`, whatever it is, with a point and the HMAC of `secret` behind it."""
    key = secret.encode() if isinstance(secret, str) else secret
    return f"{signed}.{b64(hmac.new(key, signed.encode('latin-1'), DIGESTS[digest]).digest())}"
