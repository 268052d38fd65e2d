"""Passwords: kept as Argon2id hashes, and verified beside the event loop."""

from __future__ import annotations

import secrets

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash

__all__ = ["Passwords"]

# Each verification takes 64 MiB for a while: others wait, so that many at once do not take the memory away.
_AT_ONCE = 2


class Passwords:
    """Hashes and verifies passwords by pwdlib's recommendation, which is Argon2id."""

    def __init__(self) -> None:
        self._hasher = PasswordHash.recommended()
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())
        self._at_once = CapacityLimiter(_AT_ONCE)

    def hash(self, password: str) -> str:
        """What is stored in place of `password`; takes a good tenth of a second."""
        return self._hasher.hash(password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether `stored` is the hash of `password`.

        Args:
            password: As it was typed in.
            stored: The hash; None for a user who does not exist, which takes just as long, so that nobody
                learns from the time who does (CWE-208). No password is right then.
        """
        return await to_thread.run_sync(
            self._hasher.verify, password, self._nobodys if stored is None else stored, limiter=self._at_once
        )
