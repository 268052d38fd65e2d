"""Finding keys in the store: once for all who ask at the same time, and not again within a second."""

from __future__ import annotations

import asyncio
import math
from enum import Enum
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from nexios.apikeys.model import APIKey
from nexios.apikeys.networks import is_inside, read_networks
from nexios.exceptions import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nexios.apikeys.networks import Network
    from nexios.types import Clock

__all__ = ["KEPT_FOR", "Address", "FoundKey", "Lookups"]

Address: TypeAlias = "str | Callable[[], str | None] | None"
"""Where a key comes from, as text, or what says so."""

KEPT_FOR = 0.9
"""Seconds from before the store was asked; one second at most until a revocation elsewhere is known."""


class FoundKey(msgspec.Struct, frozen=True):
    """A key as the store has it, and what is asked of it on every use.

    Attributes:
        record: The key.
        asked_at: When the store was about to be asked, by the monotonic clock.
        expires_at: When it dies, in seconds since the epoch.
        networks: Where it may come from; None: from anywhere.
    """

    record: APIKey
    asked_at: float
    expires_at: float
    networks: tuple[Network, ...] | None

    @classmethod
    def of(cls, record: object, asked_at: float) -> FoundKey:
        """What the store answered.

        Raises:
            StoreUnavailable: It is no key that could be judged.
        """
        try:
            if not isinstance(record, APIKey) or not isinstance(record.owner, str) or not record.owner:
                raise TypeError
            if record.permissions is not None and not isinstance(record.permissions, frozenset):
                raise TypeError
            expires_at = math.inf if record.expires_at is None else record.expires_at.timestamp()
            networks = None if record.addresses is None else read_networks(record.addresses)
        except (TypeError, ValueError, AttributeError):
            raise StoreUnavailable("what the store keeps of an API key cannot be read") from None
        return cls(record, asked_at, expires_at, networks)

    def refusal(self, now: float, address: Address, prefix: str) -> str | None:
        """Why it lets nobody in, for the log; None: it does.

        Args:
            now: The time, in seconds since the epoch.
            address: Where it comes from.
            prefix: What the key must begin with.
        """
        if self.record.revoked_at is not None:
            return "revoked"
        if not now < self.expires_at:
            return "expired"
        if self.record.prefix != prefix:
            return "of another prefix"
        if self.networks is None:
            return None
        # Only here, since most keys are bound to none.
        known = address() if callable(address) else address
        return None if is_inside(known, self.networks) else "from an address that it must not come from"


class _Gone(Enum):
    """Whoever asked went away before there was an answer."""

    GONE = 0


class _Asking(msgspec.Struct, frozen=True, eq=False):
    asked_at: float
    version: int
    answer: asyncio.Future[FoundKey | Exception | _Gone | None]


class Lookups:
    """Finds keys by their hash.

    Args:
        find: Asks the store.
        monotonic: A clock that is never turned back, in seconds.
        entries: How many keys are kept at most; the oldest go first.
    """

    def __init__(
        self, find: Callable[[str], Awaitable[APIKey | None]], monotonic: Clock, entries: int
    ) -> None:
        self._find = find
        self._monotonic = monotonic
        self._limit = entries
        self._kept: dict[str, FoundKey] = {}
        self._asking: dict[str, _Asking] = {}
        self._lock = Lock()
        # Goes up with every key that was changed here: what was asked before that is not kept.
        self._version = 0

    def kept(self, key_hash: str) -> FoundKey | None:
        """The key, if it was found and good within the last second."""
        found = self._kept.get(key_hash)
        if found is None or not 0 <= self._monotonic() - found.asked_at < KEPT_FOR:
            return None
        return found

    async def find(self, key_hash: str) -> tuple[FoundKey | None, int]:
        """The key, and which version of all keys that is, for `keep`.

        Raises:
            StoreUnavailable: The store does not answer.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # Another kind of event loop, on which everybody asks alone.
            version = self._version
            return await self._ask(key_hash, self._monotonic()), version
        while True:
            now = self._monotonic()
            asking = self._asking.get(key_hash)
            if (
                asking is None
                or asking.version != self._version
                or not 0 <= now - asking.asked_at < KEPT_FOR
                or asking.answer.get_loop() is not loop
            ):
                return await self._ask_for_all(key_hash, _Asking(now, self._version, loop.create_future()))
            answer = await asyncio.shield(asking.answer)
            if isinstance(answer, Exception):
                raise StoreUnavailable(f"the store did not answer: {type(answer).__name__}")
            if not isinstance(answer, _Gone):
                return answer, asking.version
            found = self.kept(key_hash)
            if found is not None:
                return found, asking.version

    def keep(self, key_hash: str, found: FoundKey, version: int) -> None:
        """Keep a key that is good, unless one was changed here since it was asked for."""
        with self._lock:
            if version != self._version or self._limit == 0:
                return
            # Behind all others, since it is the newest.
            self._kept.pop(key_hash, None)
            if len(self._kept) >= self._limit:
                for oldest in list(islice(self._kept, len(self._kept) // 8 + 1)):
                    del self._kept[oldest]
            self._kept[key_hash] = found

    def drop(self, key_id: str) -> None:
        """Keep nothing of a key that was changed."""
        with self._lock:
            self._version += 1
            for key_hash in [each for each, found in self._kept.items() if found.record.id == key_id]:
                del self._kept[key_hash]

    async def _ask_for_all(self, key_hash: str, asking: _Asking) -> tuple[FoundKey | None, int]:
        self._asking[key_hash] = asking
        answer: FoundKey | Exception | _Gone | None = _Gone.GONE
        try:
            answer = found = await self._ask(key_hash, asking.asked_at)
        except Exception as error:
            answer = error
            raise
        finally:
            if self._asking.get(key_hash) is asking:
                del self._asking[key_hash]
            asking.answer.set_result(answer)
        return found, asking.version

    async def _ask(self, key_hash: str, asked_at: float) -> FoundKey | None:
        record = await self._find(key_hash)
        return None if record is None else FoundKey.of(record, asked_at)
