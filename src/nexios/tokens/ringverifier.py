"""Verifying tokens by the keys that a ring has at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.exceptions import InvalidToken
from nexios.tokens.jws import SignatureVerifier

if TYPE_CHECKING:
    from nexios.tokens.claims import ClaimRules, Claims
    from nexios.tokens.ring import KeyRing
    from nexios.types import Clock

__all__ = ["RingVerifier"]


class RingVerifier:
    """Verifies the tokens that a ring's keys signed.

    Args:
        ring: The ring; whatever becomes of it counts from then on.
        rules: What the claims must say.
        clock: The time now, in seconds since the epoch.
    """

    def __init__(self, ring: KeyRing, rules: ClaimRules, clock: Clock) -> None:
        self.clock = clock
        self._ring = ring
        self._rules = rules
        self._known = (-1, SignatureVerifier((), ()))

    @property
    def generation(self) -> int:
        """Another number whenever the ring's keys have changed."""
        return self._ring.generation

    def verify_at_once(self, token: str) -> Claims:
        """The claims of `token`.

        Raises:
            InvalidToken: It is not to be believed; the message says why, for the log.
        """
        if not isinstance(token, str):
            raise InvalidToken("not text")
        return self._rules.read(self._signatures().payload(token), self.clock())

    async def verify(self, token: str) -> Claims:
        """The same; there is nothing to wait for."""
        return self.verify_at_once(token)

    def _signatures(self) -> SignatureVerifier:
        generation = self._ring.generation
        known, verifier = self._known
        if known != generation:
            keys = self._ring.keys
            verifier = SignatureVerifier([key.key for key in keys], list({key.algorithm for key in keys}))
            self._known = (generation, verifier)
        return verifier

    def __repr__(self) -> str:
        return f"<RingVerifier of {self._ring!r}>"
