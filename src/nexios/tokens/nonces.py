"""Nonces that a client must put into its proofs, the same in every process and kept nowhere (RFC 9449 8)."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from nexios.exceptions import ConfigError
from nexios.strength import secret_weakness
from nexios.tokens.base64url import encode_base64url

if TYPE_CHECKING:
    from nexios.types import Clock

__all__ = ["Nonces"]

# One is given out for so many seconds, and taken for as many more.
_PERIOD = 60


class Nonces:
    """Gives out nonces that nobody foresees, and knows them again for a minute or two.

    Args:
        secret: What they are made of; all processes have the same.
        clock: The time now, in seconds since the epoch.

    Raises:
        ConfigError: The secret is weak.
    """

    def __init__(self, secret: str, clock: Clock) -> None:
        if not isinstance(secret, str):
            raise ConfigError(f"DPoP: nonce_secret must be text, not {type(secret).__name__}")
        weakness = secret_weakness(secret, "HS256")
        if weakness is not None:
            raise ConfigError(f"DPoP: nonce_secret {weakness}: make one with `nexios secret`")
        self._keyed = hmac.new(secret.encode(), b"nexios: nonces of DPoP\0", hashlib.sha256)
        self._clock = clock

    def current(self) -> str:
        """The one that is given out now."""
        return self._of(int(self._clock()) // _PERIOD)

    def is_good(self, nonce: object) -> bool:
        """Whether `nonce` was given out not long ago."""
        if not isinstance(nonce, str) or not nonce.isascii():
            return False
        period = int(self._clock()) // _PERIOD
        return any(hmac.compare_digest(nonce, self._of(each)) for each in (period, period - 1))

    def _of(self, period: int) -> str:
        mac = self._keyed.copy()
        mac.update(str(period).encode())
        return encode_base64url(mac.digest()[:24]).decode()

    def __repr__(self) -> str:
        return "<Nonces>"
