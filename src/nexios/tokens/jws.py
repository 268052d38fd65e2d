"""The compact form of a signed token: three parts with points between (RFC 7515 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from nexios.exceptions import InvalidToken
from nexios.tokens.base64url import decode_base64url, encode_base64url
from nexios.tokens.jsontext import json_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nexios.tokens.keys import TokenKey

__all__ = ["MAX_TOKEN", "SignatureVerifier", "read_header", "sign_compact"]

MAX_TOKEN = 16 * 1024
"""The longest token that is read, in letters (RFC 8725 2.5)."""

# RFC 8725 3.10: a key, or the address of one, that the token brings itself proves nothing.
# RFC 8725 3.6, RFC 7797: no compression, no detached payload. RFC 7515 4.1.11: we know no extension.
_REFUSED_MEMBERS = ("jku", "jwk", "x5u", "x5c", "zip", "crit", "b64")
# RFC 8725 3.11: a token of another kind, e.g. logout+jwt, is none that lets in.
_TYPES = frozenset({"", "jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_HEADERS_KEPT = 64


class _Header(NamedTuple):
    algorithm: str
    kid: str | None


class _Verifier(NamedTuple):
    kid: str | None
    verify: Callable[[bytes, bytes], bool]


class SignatureVerifier:
    """Verifies the signature of tokens.

    Args:
        keys: The keys; a token's `kid` chooses among those that have one.
        algorithms: The only algorithms that are accepted.
        types: What `typ` may say, in lower case; empty: it may be missing.
    """

    def __init__(
        self, keys: Iterable[TokenKey], algorithms: Sequence[str], types: frozenset[str] = _TYPES
    ) -> None:
        self._algorithms = frozenset(algorithms)
        self._types = types
        self._keys: dict[str, list[_Verifier]] = {}
        for key in keys:
            for algorithm in key.algorithms:
                self._keys.setdefault(algorithm, []).append(_Verifier(key.kid, key.verifier(algorithm)))
        # Headers of tokens that were verified, as they were spelt: an issuer writes few.
        self._headers: dict[bytes, _Header] = {}

    def payload(self, token: str) -> bytes:
        """The payload of `token`, once its signature was verified.

        Raises:
            InvalidToken: It is not one that these keys signed.
        """
        if len(token) > MAX_TOKEN:
            raise InvalidToken(f"longer than {MAX_TOKEN} letters")
        try:
            raw = token.encode("ascii")
            signed, _, signature = raw.rpartition(b".")
            head, _, body = signed.partition(b".")
            if not head or b"." in body or not signature:
                raise InvalidToken("not three parts")
            header = self._headers.get(head)
            known = header is not None
            if header is None:
                header = self._read(head)
            payload = decode_base64url(body)
            given = decode_base64url(signature)
        except ValueError:
            raise InvalidToken("not base64url") from None
        for key in self._candidates(header):
            if key.verify(signed, given):
                break
        else:
            raise InvalidToken("the signature is not one of ours")
        if not known:
            if len(self._headers) >= _HEADERS_KEPT:
                self._headers.clear()
            self._headers[head] = header
        return payload

    def _read(self, head: bytes) -> _Header:
        header = _decode_header(head)
        algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "")
        if not isinstance(algorithm, str):
            raise InvalidToken("alg is missing or not text")
        if algorithm not in self._algorithms:
            raise InvalidToken(
                f"signed with {algorithm[:20]!r}, allowed: {', '.join(sorted(self._algorithms))}"
            )
        for member in _REFUSED_MEMBERS:
            if member in header:
                raise InvalidToken(f"the header has {member}")
        if "kid" in header and not isinstance(kid, str):
            raise InvalidToken("kid is not text")
        if not (isinstance(kind, str) and kind.lower() in self._types) or ("typ" in header and not kind):
            raise InvalidToken("typ is of another kind of token")
        if "cty" in header:
            raise InvalidToken("the header has cty, as nested tokens do")
        return _Header(algorithm, kid)

    def _candidates(self, header: _Header) -> list[_Verifier]:
        keys = self._keys.get(header.algorithm, [])
        if header.kid is None:
            return keys
        named = [key for key in keys if key.kid == header.kid]
        # A secret has no id of its own: a kid beside it is the issuer's affair.
        return named or [key for key in keys if key.kid is None]


def read_header(token: str) -> dict[str, Any]:
    """The header of `token`, unverified: for showing, never for deciding.

    Raises:
        InvalidToken: There is none to read.
    """
    try:
        return _decode_header(token[:MAX_TOKEN].partition(".")[0].encode("ascii"))
    except ValueError:
        raise InvalidToken("not base64url") from None


def sign_compact(header: Mapping[str, Any], payload: bytes, key: TokenKey, algorithm: str) -> str:
    """`payload` under `header` and a signature, in the compact form."""
    head = encode_base64url(msgspec.json.encode({**header, "alg": algorithm}))
    signed = head + b"." + encode_base64url(payload)
    return (signed + b"." + encode_base64url(key.signer(algorithm)(signed))).decode("ascii")


def _decode_header(head: bytes) -> dict[str, Any]:
    text = decode_base64url(head)
    try:
        return json_object(text)
    except ValueError as error:
        raise InvalidToken(f"the header is {error}") from None
