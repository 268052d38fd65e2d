"""A key of a ring: what names it, what it signs, and where it stands in its life."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError
from nexios.strength import MINIMUM_BYTES, secret_weakness
from nexios.tokens.base64url import encode_base64url
from nexios.tokens.keys import generate_jwk, load_keys

if TYPE_CHECKING:
    from nexios.tokens.keys import TokenKey

__all__ = ["RingKey", "Stage", "new_key", "read_keys"]

_STAGE = "nexios_stage"
_KID_BYTES = 16


class Stage(StrEnum):
    """Where a key stands in its life: a key goes through them in this order."""

    NEXT = "next"
    """It is published, and signs nothing yet: whoever verifies gets to know it before it is needed."""
    SIGNS = "signs"
    """It signs, and verifies."""
    VERIFIES = "verifies"
    """It signs no longer; what it signed is good until it is retired."""


@dataclass(frozen=True, slots=True, repr=False)
class RingKey:
    """A key of a ring.

    Attributes:
        kid: What names it in the header of a token.
        algorithm: The one algorithm that it is for (RFC 8725 3.1).
        stage: Where it stands in its life.
        made_at: When it was made, in seconds since the epoch; None: nobody knows.
        key: The key itself.
    """

    kid: str
    algorithm: str
    stage: Stage
    made_at: int | None
    key: TokenKey

    def at(self, stage: Stage) -> RingKey:
        """The key in another stage of its life."""
        return replace(self, stage=stage)

    def public_jwk(self) -> dict[str, Any] | None:
        """What others verify with; None for a secret."""
        jwk = self.key.public_jwk()
        return None if jwk is None else {**jwk, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def secret_jwk(self) -> dict[str, Any]:
        """The key with its secret, as it stands in a file."""
        made = {} if self.made_at is None else {"iat": self.made_at}
        names = {"kid": self.kid, "alg": self.algorithm, "use": "sig", _STAGE: self.stage.value}
        return {**self.key.secret_jwk(), **names, **made}

    def __repr__(self) -> str:
        return f"<RingKey {self.kid!r} {self.algorithm} {self.stage}>"


def new_key(algorithm: str, stage: Stage, now: float) -> RingKey:
    """A new key.

    Args:
        algorithm: What it is for.
        stage: Where its life begins.
        now: The time, in seconds since the epoch.

    Raises:
        ConfigError: It is no algorithm that tokens are signed with.
    """
    while True:
        jwk = generate_jwk(algorithm)
        if jwk["kty"] == "oct":
            # A thumbprint of a secret would be its hash (RFC 7638 7).
            jwk["kid"] = secrets.token_urlsafe(_KID_BYTES)
        (found,) = read_keys({**jwk, "alg": algorithm, "iat": int(now), _STAGE: stage.value}, None)
        # On a command line such a name would be an option.
        if not found.kid.startswith("-"):
            return found


def read_keys(material: str | Mapping[str, Any], algorithm: str | None) -> tuple[RingKey, ...]:
    """The keys of a secret, PEM text, a JWK or a JWKS; the signing one first.

    Args:
        material: What they are made of; JSON was read already.
        algorithm: What a key is for that does not say so; None: what is usual for its kind.

    Raises:
        ConfigError: It holds no key, a bad one, or one twice; the message never shows it.
    """
    if algorithm is not None and algorithm not in JWT_ALGORITHMS:
        raise ConfigError(f"{algorithm!r} signs no token; choose from {', '.join(JWT_ALGORITHMS)}")
    members = material.get("keys", [material]) if isinstance(material, Mapping) else [material]
    if not isinstance(members, list) or not members:
        raise ConfigError("a JWKS must hold its keys as a list under the name keys (RFC 7517 5)")
    keys = [_read(member, algorithm) for member in members]
    if len({key.kid for key in keys}) < len(keys):
        raise ConfigError("two keys of the ring have one kid: each must have its own (RFC 7517 4.5)")
    staged = any(isinstance(member, Mapping) and _STAGE in member for member in members)
    return _in_order(keys, staged=staged)


def _read(member: Any, algorithm: str | None) -> RingKey:
    jwk = member if isinstance(member, Mapping) else {}
    if "keys" in jwk:
        raise ConfigError("a JWKS must not stand among the keys of another: put its keys there (RFC 7517 5)")
    wanted = jwk.get("alg", algorithm)
    found = load_keys(member, JWT_ALGORITHMS if wanted is None else (str(wanted),))
    if not found:
        raise ConfigError(f"the key does not fit {str(wanted)[:20]!r}: choose the algorithm of its kind")
    (key,) = found
    chosen = key.algorithms[0]
    if key.is_secret:
        _check_secret(key, chosen)
    kid = key.kid or _name_of(key)
    if any("\ud800" <= letter <= "\udfff" for letter in kid):
        raise ConfigError("the kid of a key has half a letter: leave it out, and the key gets a name")
    made_at = jwk.get("iat")
    return RingKey(
        kid=kid,
        algorithm=chosen,
        stage=_stage(jwk.get(_STAGE), key),
        made_at=made_at if type(made_at) is int else None,
        key=replace(key, algorithms=(chosen,), kid=kid),
    )


def _stage(named: object, key: TokenKey) -> Stage:
    if named is None:
        # Of keys that say nothing the first one signs that can: see `_in_order`.
        return Stage.NEXT if key.can_sign else Stage.VERIFIES
    try:
        stage = Stage(str(named))
    except ValueError:
        raise ConfigError(f"{_STAGE} must be next, signs or verifies, not {str(named)[:20]!r}") from None
    if stage is not Stage.VERIFIES and not key.can_sign:
        raise ConfigError("a public key signs nothing: its stage must be verifies")
    return stage


def _in_order(keys: list[RingKey], *, staged: bool) -> tuple[RingKey, ...]:
    """The signing key first, then the next one, then the others as they stand."""
    if not staged:
        first = next((key for key in keys if key.stage is Stage.NEXT), None)
        keys = [key.at(Stage.SIGNS if key is first else Stage.VERIFIES) for key in keys]
    for stage in (Stage.SIGNS, Stage.NEXT):
        if sum(key.stage is stage for key in keys) > 1:
            raise ConfigError(f"two keys of the ring have the stage {stage}: leave one")
    order = [Stage.SIGNS, Stage.NEXT, Stage.VERIFIES]
    return tuple(sorted(keys, key=lambda key: order.index(key.stage)))


def _check_secret(key: TokenKey, algorithm: str) -> None:
    raw = _secret_bytes(key)
    # Random bytes are seldom text; then their number alone counts.
    text = raw.decode("latin-1") if raw.isascii() else "".join(f"{byte:02x}" for byte in raw)
    short = len(raw) < MINIMUM_BYTES[algorithm]
    weakness = (
        f"has {len(raw)} bytes where {algorithm} wants at least {MINIMUM_BYTES[algorithm]} (RFC 7518 3.2)"
        if short
        else secret_weakness(text, algorithm)
    )
    if weakness is not None:
        raise ConfigError(f"the secret {weakness}: make one with `nexios secret`")


def _name_of(key: TokenKey) -> str:
    """The thumbprint (RFC 7638); of a secret what tells nothing of it and is the same everywhere."""
    if not key.is_secret:
        return key.thumbprint()
    # Not a hash of the secret: an HMAC by it tells no more of it than any token that it signs.
    mac = hmac.digest(_secret_bytes(key), b"nexios: the kid of this key", "sha256")
    return encode_base64url(mac[:_KID_BYTES]).decode("ascii")


def _secret_bytes(key: TokenKey) -> bytes:
    return bytes(key.key.raw_value)
