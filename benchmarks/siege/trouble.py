"""What happens meanwhile: stores go away, workers are killed, keys are rotated, users are blocked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import product

import msgspec

from benchmarks.siege.town import Town
from benchmarks.siege.truth import Ends, Ledger, Window
from benchmarks.siege.workers import Workers
from nexios.tokens import KeyRing
from tests.stores.proxy import FAULTS, Proxy

WRONGS: dict[str, Callable[[Proxy], Awaitable[None]]] = {**FAULTS, "is slow": Proxy.slow}


class Pace(msgspec.Struct, frozen=True):
    """How soon one thing follows another, in seconds.

    Attributes:
        fault: How long a store is away.
        quiet: How long nothing is wrong between two faults, beside the time that it takes to be well again.
        kill: From one killed worker to the next.
        rotate: From one rotation of the signing keys to the next.
        block: From one blocked user to the next.
    """

    fault: float
    quiet: float
    kill: float
    rotate: float
    block: float


LONG = Pace(fault=2.0, quiet=4.0, kill=20.0, rotate=30.0, block=5.0)
SHORT = Pace(fault=0.7, quiet=1.0, kill=7.0, rotate=5.0, block=3.0)


class Memory(msgspec.Struct, frozen=True):
    """What a worker had at a moment.

    Attributes:
        at: The moment, by the monotonic clock.
        pid: The worker.
        bytes: Its own memory.
    """

    at: float
    pid: int
    bytes: int


class Trouble:
    """Makes trouble until it is cancelled.

    Args:
        town: Whose.
        ledger: Where it is written down, so that answers can be judged.
        workers: Who is killed.
        pace: How soon.

    Attributes:
        rotations: How often the signing keys were rotated.
        memory: What the workers had, once a second.
    """

    def __init__(self, town: Town, ledger: Ledger, workers: Workers, pace: Pace) -> None:
        self._town = town
        self._ledger = ledger
        self._workers = workers
        self._pace = pace
        self.rotations = 0
        self.memory: list[Memory] = []

    async def make(self) -> None:
        """Do all of it at once."""
        async with asyncio.TaskGroup() as group:
            for each in (self._break_stores, self._kill_workers, self._rotate, self._block, self._watch):
                group.create_task(each())

    async def _break_stores(self) -> None:
        proxies = self._town.place.proxies
        while True:
            each = list(product(WRONGS, proxies))
            self._town.dice.shuffle(each)
            for what, store in each:
                await asyncio.sleep(self._pace.quiet)
                window = Window(what, store, time.monotonic())
                self._ledger.faults.append(window)
                try:
                    await WRONGS[what](proxies[store])
                    await asyncio.sleep(self._pace.fault)
                finally:
                    await proxies[store].heal()
                    window.healed = time.monotonic()
                await asyncio.sleep(self._ledger.well_again)

    async def _kill_workers(self) -> None:
        while True:
            await asyncio.sleep(self._pace.kill)
            # The eldest is left alive: its memory is watched all the time.
            others = self._workers.pids()[1:]
            if not others:
                continue
            now = time.monotonic()
            self._ledger.kills.append(Window("killed", "", now, now))
            self._workers.kill(self._town.dice.choice(others))

    async def _rotate(self) -> None:
        place, retired = self._town.place, self._town.retired
        while True:
            await asyncio.sleep(self._pace.rotate)
            ring = KeyRing.load(place.ring_file)
            ring.rotate()
            gone = [key.kid for key in ring.keys][4:]
            ends = [retired.setdefault(kid, Ends()) for kid in gone]
            for kid in gone:
                ring.retire(kid)
            for each in ends:
                each.begin()
            await asyncio.to_thread(ring.save, place.ring_file)
            for each in ends:
                each.acknowledge()
            self.rotations += 1

    async def _block(self) -> None:
        while True:
            await asyncio.sleep(self._pace.block)
            await self._town.block()

    async def _watch(self) -> None:
        while True:
            now = time.monotonic()
            for pid in self._workers.pids():
                if found := self._workers.memory(pid):
                    self.memory.append(Memory(now, pid, found))
            await asyncio.sleep(1)
