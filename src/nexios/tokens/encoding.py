"""Making tokens and reading them back, for one configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from nexios.exceptions import ConfigError
from nexios.tokens.jsontext import MAX_DEPTH, is_too_deep
from nexios.tokens.jws import MAX_TOKEN, SignatureVerifier, sign_compact
from nexios.tokens.keys import TokenKey, load_keys

if TYPE_CHECKING:
    from nexios.config import MakeConfig
    from nexios.tokens.claims import ClaimRules, Claims

__all__ = ["TokenVerifier", "config_keys", "encode_token", "signing_key"]

# 9999-12-31T23:59:59Z: beyond it, other libraries cannot read the date
_LAST_SECOND = 253_402_300_799


class TokenVerifier:
    """Verifies tokens: the signature first, then the claims.

    Args:
        keys: The keys that may have signed.
        algorithms: The only algorithms that are accepted.
        rules: What the claims must say.
    """

    def __init__(self, keys: Sequence[TokenKey], algorithms: Sequence[str], rules: ClaimRules) -> None:
        if not any(key.algorithms for key in keys):
            raise ConfigError(_no_key(algorithms))
        self._payload = SignatureVerifier(keys, algorithms).payload
        self._read = rules.read

    def verify(self, token: str, now: float) -> Claims:
        """The claims of `token`.

        Args:
            token: The compact form.
            now: The time, in seconds since the epoch.

        Raises:
            InvalidToken: It is not to be believed; the message says why, for the log.
        """
        return self._read(self._payload(token), now)

    def __repr__(self) -> str:
        return "<TokenVerifier>"


def config_keys(config: MakeConfig, algorithms: Sequence[str]) -> list[TokenKey]:
    """The keys of `config` for `algorithms`: HS algorithms use `secret_key`, all others `jwt_key`.

    Raises:
        ConfigError: A key cannot be read.
    """
    keys = [key for secret in config.secret_keys for key in load_keys(secret, algorithms)]
    pair = config.jwt_key
    if isinstance(pair, str) and "-----BEGIN " not in pair and not pair.lstrip().startswith("{"):
        # Whatever else the text is, a path or a public key in another form, it is not secret.
        raise ConfigError(
            "jwt_key is PEM text, a JWK or a JWKS: read the file first, and put a secret into secret_key"
        )
    return keys if pair is None else keys + load_keys(pair, algorithms)


def encode_token(
    payload: Mapping[str, Any],
    key: TokenKey,
    algorithm: str,
    *,
    expires_in: timedelta | float | None,
    now: float,
    kind: str = "JWT",
) -> str:
    """Sign `payload` as a JSON Web Token.

    Args:
        payload: The claims; copied, never changed.
        key: The key; it must be able to sign.
        algorithm: One of the key's algorithms.
        expires_in: Time until `exp`, as a timedelta or in minutes; None: no `exp` is added.
        now: The time, in seconds since the epoch.
        kind: What `typ` says (RFC 8725 3.11).

    Raises:
        TypeError: The claims or `expires_in` are of another kind than JSON Web Tokens take.
        ValueError: `expires_in` is not positive or beyond the year 9999, or the token would be too long.
    """
    claims = _checked(payload)
    if expires_in is not None:
        if "exp" in claims:
            raise ValueError("the payload has exp already: leave it or expires_in out")
        claims["exp"] = int(now) + _lifetime(expires_in)
        if claims["exp"] > _LAST_SECOND:
            raise ValueError("expires_in ends beyond the year 9999")
    try:
        body = msgspec.json.encode(claims)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"the payload has no JSON form: {type(error).__name__}") from None
    if is_too_deep(claims):
        raise ValueError(f"the payload is nested more than {MAX_DEPTH} levels deep: claim less")
    token = sign_compact({"typ": kind, **({"kid": key.kid} if key.kid else {})}, body, key, algorithm)
    if len(token) > MAX_TOKEN:
        raise ValueError(
            f"the token would have {len(token)} letters, and none above {MAX_TOKEN} is read: claim less"
        )
    return token


def signing_key(keys: Sequence[TokenKey], algorithm: str) -> TokenKey:
    """The first of `keys` that can sign with `algorithm`.

    Raises:
        ConfigError: There is none.
    """
    for key in keys:
        if algorithm in key.algorithms and key.can_sign:
            return key
    raise ConfigError(_no_key([algorithm], "sign"))


def _no_key(algorithms: Sequence[str], what: str = "verify") -> str:
    hmac = any(name.startswith("HS") for name in algorithms)
    mend = (
        "secret_key=... (make one with `nexios secret`)"
        if hmac
        else "jwt_key=... (PEM text, a JWK or a JWKS)"
    )
    return f"there is no key to {what} {'/'.join(algorithms)} tokens with: set MakeConfig({mend})"


def _checked(payload: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(payload, Mapping) or not all(isinstance(name, str) for name in payload):
        raise TypeError("the payload is a mapping of claim names to JSON values")
    if not payload:
        raise ValueError("the payload is empty: claim at least who the token is for")
    claims = dict(payload)
    for name in ("sub", "jti", "iss"):
        if name in claims and not isinstance(claims[name], str):
            raise TypeError(f"{name} is text (RFC 7519 4.1), not {type(claims[name]).__name__}: str(...) it")
    for name in ("exp", "nbf", "iat"):
        if name not in claims:
            continue
        if type(claims[name]) not in (int, float):
            raise TypeError(
                f"{name} is a number of seconds since the epoch (RFC 7519 2): int(time.time()) + ..."
            )
        if not -_LAST_SECOND <= claims[name] <= _LAST_SECOND:
            raise ValueError(f"{name} is beyond the year 9999: it is in seconds since the epoch")
    audience = claims.get("aud", "")
    if not isinstance(audience, (str, list, tuple)) or not all(isinstance(name, str) for name in audience):
        raise TypeError("aud is text or a list of texts (RFC 7519 4.1.3)")
    return claims


def _lifetime(expires_in: timedelta | float) -> int:
    """`expires_in` in whole seconds."""
    if isinstance(expires_in, timedelta):
        seconds = expires_in.total_seconds()
    elif type(expires_in) in (int, float):
        seconds = expires_in * 60
    else:
        raise TypeError(f"expires_in is a timedelta or a number of minutes, not {type(expires_in).__name__}")
    if not 1 <= seconds <= _LAST_SECOND:
        raise ValueError("expires_in must be a second or more and end before the year 9999")
    return int(seconds)
