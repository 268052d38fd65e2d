"""A client with a key of its own, which proves it by another library."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from tests.attacks.asking import Header

ORIGIN = "https://api.example"
_numbers = itertools.count()


class Client:
    """Holds a P-256 key.

    Attributes:
        jwk: The public half.
        jkt: Its thumbprint.
    """

    def __init__(self) -> None:
        self.key = generate_private_key(SECP256R1())
        full = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key))
        self.jwk = {name: full[name] for name in ("crv", "kty", "x", "y")}
        self.private_jwk = full
        canonical = json.dumps(self.jwk, separators=(",", ":"), sort_keys=True).encode()
        self.jkt = _b64(hashlib.sha256(canonical).digest())

    def proof(
        self,
        method: str,
        path: str,
        now: float,
        token: str | None = None,
        *,
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A proof for a request; what is None is left out."""
        said: dict[str, Any] = {
            "jti": f"proof-{next(_numbers)}",
            "htm": method,
            "htu": ORIGIN + path,
            "iat": int(now),
            "ath": None if token is None else _b64(hashlib.sha256(token.encode()).digest()),
            **claims,
        }
        head = {"typ": "dpop+jwt", "jwk": self.jwk, **(header or {})}
        algorithm = head.pop("alg", "ES256")
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            self.key if algorithm == "ES256" else "k" * 64 if algorithm.startswith("HS") else None,
            algorithm=algorithm,
            headers={name: value for name, value in head.items() if value is not None},
        )

    def headers(self, method: str, path: str, now: float, token: str, **claims: Any) -> list[Header]:
        """The headers of a request with a token that is bound to the key."""
        proof = self.proof(method, path, now, token, **claims)
        return [("authorization", f"DPoP {token}"), ("dpop", proof)]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
