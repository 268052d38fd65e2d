"""Proofs that somebody holds a key: JSON Web Tokens that bring the public half along (RFC 9449 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nexios.exceptions import ConfigError, InvalidProof
from nexios.tokens.base64url import decode_base64url
from nexios.tokens.jsontext import json_object
from nexios.tokens.keys import load_jwk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["MAX_PROOF", "ProofReader", "SignedProof"]

MAX_PROOF = 4096
"""The longest proof that is read, in letters: one with an RSA key of 4096 bits fits."""

_TYPE = "dpop+jwt"
# RFC 9449 4.2: a proof brings the public half alone. RFC 7518 6.4: a secret has no such half.
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# A key from elsewhere, or an extension that we do not know (RFC 7515 4.1.11).
_REFUSED_MEMBERS = ("jku", "x5u", "x5c", "zip", "crit", "b64", "cty")
_KEYS_KEPT = 1024


class SignedProof(NamedTuple):
    """A proof whose signature is its key's.

    Attributes:
        claims: What it says.
        jkt: The thumbprint of its key (RFC 7638).
    """

    claims: dict[str, Any]
    jkt: str


class _Key(NamedTuple):
    verify: Callable[[bytes, bytes], bool]
    jkt: str


class ProofReader:
    """Reads proofs and verifies their signatures.

    Args:
        algorithms: The signature algorithms that are taken; none of them with a shared secret.
    """

    def __init__(self, algorithms: Collection[str]) -> None:
        self._algorithms = frozenset(algorithms)
        # By the header as it was spelt: a client writes the same one each time.
        self._keys: dict[bytes, _Key] = {}

    def read(self, proof: str) -> SignedProof:
        """What a proof says, by which key.

        Raises:
            InvalidProof: It is none, or not signed by the key that it brings.
        """
        if len(proof) > MAX_PROOF:
            raise InvalidProof(f"the proof is longer than {MAX_PROOF} letters")
        try:
            signed, _, signature = proof.encode("ascii").rpartition(b".")
            head, _, body = signed.partition(b".")
            if not head or not body or b"." in body or not signature:
                raise InvalidProof("the proof is not three parts")
            key = self._keys.get(head)
            known = key is not None
            if key is None:
                key = self._key(json_object(decode_base64url(head)))
            claims, given = json_object(decode_base64url(body)), decode_base64url(signature)
        except ValueError:
            raise InvalidProof("the proof is not base64url of JSON") from None
        if not key.verify(signed, given):
            raise InvalidProof("the proof is not signed by the key that it brings")
        if not known:
            if len(self._keys) >= _KEYS_KEPT:
                self._keys.clear()
            self._keys[head] = key
        return SignedProof(claims, key.jkt)

    def _key(self, header: dict[str, Any]) -> _Key:
        kind, algorithm, jwk = header.get("typ"), header.get("alg"), header.get("jwk")
        if not isinstance(kind, str) or kind.lower() != _TYPE:
            raise InvalidProof(f"the proof's typ is not {_TYPE}")
        if not isinstance(algorithm, str) or algorithm not in self._algorithms:
            raise InvalidProof("the proof's alg is none that is taken")
        for member in _REFUSED_MEMBERS:
            if member in header:
                raise InvalidProof(f"the proof's header has {member}")
        if not isinstance(jwk, dict):
            raise InvalidProof("the proof brings no key")
        if _PRIVATE & jwk.keys():
            raise InvalidProof("the proof's jwk is no public key")
        try:
            key = load_jwk(jwk, [algorithm])
        except ConfigError as error:
            raise InvalidProof(f"the proof's jwk cannot be used: {error}") from None
        if key is None:
            raise InvalidProof("the proof's jwk does not fit its alg")
        return _Key(key.verifier(algorithm), key.thumbprint())
