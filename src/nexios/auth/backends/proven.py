"""Tokens that are bound to a key: `Authorization: DPoP ...`, with a proof of the key beside (RFC 9449 7)."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING

import msgspec

from nexios.auth.model import AuthResult
from nexios.exceptions import InvalidProof, InvalidToken, NonceWanted
from nexios.http.headers import only_header

if TYPE_CHECKING:
    from starlette.types import Scope

    from nexios.auth.backends.bearer import BearerTokens
    from nexios.http import Response
    from nexios.tokens.dpop import DPoP

__all__ = ["authenticate_proven"]

_SCHEME = "DPoP"

logger = logging.getLogger("nexios.auth")


async def authenticate_proven(
    bearer: BearerTokens, dpop: DPoP, scope: Scope, response: Response, name: str
) -> AuthResult | None:
    """What the token of a request proves, with or without a proof.

    Args:
        bearer: Judges the tokens.
        dpop: Judges the proofs.
        scope: The request's.
        response: Where a nonce is given.
        name: The scope of the result.
    """
    value = only_header(scope["headers"], b"authorization")
    if not value:
        return AuthResult(False, "", name) if value is None else None
    if value[:5].lower() != b"dpop ":
        if value.lower() == b"dpop":
            return _refused(name, "invalid_token", "no token")
        if dpop.required and value.lower().startswith(b"bearer"):
            return _refused(name, "invalid_token", "a bearer token, where a proof is required")
        found = bearer.find(scope)
        return await found if isinstance(found, Coroutine) else found
    token = value[5:].lstrip(b" ").decode("latin-1")
    try:
        result = await bearer.bound(token)
        confirmation = result.credential.get("cnf")  # type: ignore[attr-defined]
        jkt = confirmation.get("jkt") if isinstance(confirmation, dict) else None
        if not isinstance(jkt, str) or not jkt:
            # RFC 9449 7.1: it would prove nothing, however good the proof is.
            raise InvalidToken("it is bound to no key")
        proof = await dpop.proved(scope, access_token=token, jkt=jkt)
        if proof is None:
            raise InvalidProof("there is no proof")
    except NonceWanted as refused:
        _give_nonce(response, dpop.nonce)
        return _refused(name, "use_dpop_nonce", str(refused))
    except InvalidProof as refused:
        return _refused(name, "invalid_dpop_proof", str(refused))
    except InvalidToken as refused:
        return _refused(name, "invalid_token", str(refused))
    _give_nonce(response, proof.next_nonce)
    return msgspec.structs.replace(result, challenge=_SCHEME)


def _give_nonce(response: Response, nonce: str | None) -> None:
    if nonce is not None:
        response.set_header("DPoP-Nonce", nonce)


def _refused(name: str, error: str, reason: str) -> AuthResult:
    logger.info("token with a proof refused: %s", reason)
    return AuthResult(False, "", name, reason=reason, challenge=f"{_SCHEME} {error}")
