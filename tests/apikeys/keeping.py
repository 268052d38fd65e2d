"""A store that says what it was asked, and keys in it that live by the tests' clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from nexios.apikeys import APIKey, APIKeys
from nexios.exceptions import StoreUnavailable
from nexios.stores import MemoryStore
from tests.parts import Clock


class WatchedStore(MemoryStore):
    """A store in memory that notes what it is asked.

    Attributes:
        asked: The name of each call, in order.
        down: Whether it answers nothing.
        gate: Where it is set, finding a key waits for it.
        finding: Set once somebody is looking for a key.
        written: Set once uses were written.
        refused: Set once something was asked of it while it was down.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.down = False
        self.gate: asyncio.Event | None = None
        self.finding = asyncio.Event()
        self.written = asyncio.Event()
        self.refused = asyncio.Event()

    async def find_key(self, key_hash: str) -> APIKey | None:
        self._ask("find_key")
        found = await super().find_key(key_hash)
        self.finding.set()
        if self.gate is not None:
            await self.gate.wait()
            self._check()
        return found

    async def get_key(self, key_id: str) -> APIKey | None:
        self._ask("get_key")
        return await super().get_key(key_id)

    async def add_key(self, key: APIKey, key_hash: str) -> None:
        self._ask("add_key")
        await super().add_key(key, key_hash)

    async def revoke_key(self, key_id: str, at: datetime) -> bool:
        self._ask("revoke_key")
        return await super().revoke_key(key_id, at)

    async def note_key_uses(self, used: Mapping[str, datetime]) -> None:
        self._ask("note_key_uses")
        await super().note_key_uses(used)
        self.written.set()

    def count(self, name: str) -> int:
        """How often it was asked `name`."""
        return self.asked.count(name)

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        self._check()

    def _check(self) -> None:
        if self.down:
            self.refused.set()
            raise StoreUnavailable("the store is down")


def keys_in(store: MemoryStore, clock: Clock, **options: Any) -> APIKeys:
    """What manages the keys of `store`; all its clocks are one."""
    return APIKeys(store, clock=clock, monotonic=clock, **options)


def at(clock: Clock) -> datetime:
    """The clock's time as stores keep it."""
    return datetime.fromtimestamp(clock.now, UTC)
