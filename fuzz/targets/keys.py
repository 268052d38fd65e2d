"""JWKs and sets of them, as somebody else's server sends them."""

from __future__ import annotations

from fuzz.findings import Finding
from nexios.exceptions import ConfigError, InvalidToken
from nexios.tokens.claims import ClaimRules
from nexios.tokens.encoding import TokenVerifier
from nexios.tokens.jsontext import json_object
from nexios.tokens.keys import load_keys

__all__ = ["jwk"]

ALGORITHMS = ("HS256", "HS512", "RS256", "PS256", "ES256", "ES512", "EdDSA")

_FORGED = (
    # {"alg": "none"}, and HS256 under the empty secret and under 32 zero bytes, of {"sub": "7"}
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.dHXcUsUWIe9kXTV_P8DQUK9Wey1kZhDRmFn4gjQvWuw",
)


def jwk(data: bytes) -> None:
    """A JWK or a JWKS: it is refused with its reason, or it is a key that takes no forgery."""
    try:
        material = json_object(data)
    except ValueError:
        return
    try:
        keys = load_keys(material, ALGORITHMS)
        verifier = TokenVerifier(keys, ALGORITHMS, ClaimRules())
    except ConfigError as refused:
        private = material.get("d") or material.get("k")
        if isinstance(private, str) and len(private) > 15 and private in str(refused):
            raise Finding("the refusal repeats the private key") from None
        return
    for token in _FORGED:
        try:
            verifier.verify(token, 0)
        except InvalidToken:
            continue
        raise Finding(f"{data!r} is a key that takes {token}")
