"""Verified credentials, kept within a bound so that the same one is not verified again."""

from __future__ import annotations

from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Kept"]

# What an entry takes, about: the text, what was read from it (at most twice as long), and the objects.
_PER_LETTER = 3
_PER_ENTRY = 600

Credential = TypeVar("Credential", bytes, str)
Verified = TypeVar("Verified")


class Kept(Generic[Credential, Verified]):
    """What was verified, by the credential byte for byte; the oldest goes first.

    Whoever asks must still check what changes with time: expiry, not-before, revocation.

    Args:
        entries: How many are kept at most; 0 keeps none.
        size: How many bytes they may take together, about.
        largest: A credential longer than this is not kept.
    """

    __slots__ = ("_kept", "_largest", "_limit", "_lock", "_size", "bytes", "get")

    def __init__(
        self, *, entries: int = 10_000, size: int = 8 * 1024 * 1024, largest: int = 4 * 1024
    ) -> None:
        self._kept: dict[Credential, Verified] = {}
        self._limit = entries
        self._size = size
        self._largest = largest
        self._lock = Lock()
        self.bytes = 0
        # The dictionary's own method: a look-up is all that a hit costs.
        self.get: Callable[[Credential], Verified | None] = self._kept.get

    def put(self, credential: Credential, verified: Verified) -> None:
        """Keep what `credential` was verified to be; `verified` must not be changed by anyone from now on."""
        cost = _PER_ENTRY + _PER_LETTER * len(credential)
        if len(credential) > self._largest or self._limit == 0 or cost > self._size:
            return
        # A server may run an event loop in each of several threads.
        with self._lock:
            if credential in self._kept:
                return
            while len(self._kept) >= self._limit or self.bytes + cost > self._size:
                self._make_room()
            self._kept[credential] = verified
            self.bytes += cost

    def discard(self, credential: Credential) -> None:
        """Keep nothing of `credential` any longer."""
        with self._lock:
            if self._kept.pop(credential, None) is not None:
                self.bytes -= _PER_ENTRY + _PER_LETTER * len(credential)

    def clear(self) -> None:
        """Keep nothing of what was verified so far: the keys or settings have changed."""
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def _make_room(self) -> None:
        """Let go of the oldest eighth at once: one by one, each is looked for behind all before it."""
        for credential in list(islice(self._kept, len(self._kept) // 8 + 1)):
            del self._kept[credential]
            self.bytes -= _PER_ENTRY + _PER_LETTER * len(credential)
