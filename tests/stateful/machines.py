"""What the machines share: processes side by side on one store, a clock that goes on, and what has ended.

A machine does to real applications, in any order, what people do to their credentials, and keeps beside
them a model of who should get in. What a process has ended is over there at once, and in every other that
shares the store within a second: for that second, and for no other, the model takes either answer.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, run_state_machine_as_test

from nexios.auth import BaseUser
from nexios.stores import MemoryStore, open_store
from tests.parts import Clock
from tests.stores.engines import Engine
from tests.stores.things import NOW

# NEXIOS_LONG=1 plays twenty times as many lives, and longer ones; and makes what it finds as short as it
# can be, for which there is no time in the suite.
LONG = bool(os.environ.get("NEXIOS_LONG"))
EXAMPLES = {"memory": 60, "sqlite": 12, "postgresql": 12, "redis": 20}
STEPS = 50 if LONG else 25

# Between two things that happen some time goes by; a binary fraction, so that sums are exact.
TICK = 1 / 64
PROCESSES = st.integers(0, 1)

Answer = TypeVar("Answer")


class Anyone(BaseUser):
    """A user of whatever name."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.display_name = identity

    def has_permission(self, permission: str) -> bool:
        return permission in {"read", "write"}

    @classmethod
    async def load_user(cls, identity: str) -> Anyone:
        return cls(identity)


class World:
    """A store that outlives every application on it."""

    def __init__(self, engine: Engine, folder: Path, runner: asyncio.Runner) -> None:
        self.engine = engine
        self.folder = folder
        self.lives = itertools.count()
        self._runner = runner

    def run(self, doing: Awaitable[Answer]) -> Answer:
        async def done() -> Answer:
            return await doing

        return self._runner.run(done())


@contextmanager
def world_of(engine: Engine, folder: Path) -> Iterator[World]:
    """The store of `engine`, with its tables, and a folder for files."""
    with asyncio.Runner() as runner:
        world = World(engine, folder, runner)

        async def upgrade() -> None:
            async with engine.open():
                """There they are."""

        world.run(upgrade())
        yield world


class Over:
    """Whether something has ended, as each process may know it."""

    def __init__(self) -> None:
        self.at: float | None = None
        self._known: list[Any] = []

    def end(self, now: float, *processes: Any) -> None:
        """It ends at `now`, which these processes know at once."""
        self.at = now if self.at is None else self.at
        self._known += processes

    def is_known(self, process: Process, now: float) -> bool | None:
        """Whether it is over in `process`; None: it has ended, and that may not be known there yet."""
        if self.at is None:
            return False
        heard = process in self._known or process.started_at > self.at or now >= self.at + 1
        return True if heard else None


class Process:
    """One process of an application."""

    def __init__(self, machine: Machine) -> None:
        self.started_at = machine.clock()
        self.store = machine.memory
        if machine.world.engine.kind != "memory":
            self.store = open_store(machine.world.engine.url, timeout=60.0)


class Machine(RuleBasedStateMachine):
    """Two processes that share a store.

    Attributes:
        process: What one of them is.
        running: Those that run.
    """

    process: ClassVar[Any]

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.clock = Clock(NOW.replace(microsecond=0).timestamp())
        self.memory = MemoryStore()
        # Of each life its own, since the store outlives them all.
        self.life = next(world.lives)
        self.running: list[Any] = []

    @initialize()
    def begin(self) -> None:
        self.running = [self.start(), self.start()]

    def start(self) -> Any:
        self.tick()
        return self.process(self)

    def restart_one(self, number: int) -> None:
        self.world.run(self.running[number].store.close())
        self.running[number] = self.start()

    def tick(self) -> float:
        """What time it is, a little later than before."""
        self.clock.now += TICK
        return self.clock.now

    def run(self, doing: Awaitable[Answer]) -> Answer:
        return self.world.run(doing)

    def everybody_tries(self) -> None:
        """Each credential that ever was is presented in each process."""

    def teardown(self) -> None:
        try:
            self.everybody_tries()
        finally:
            for process in self.running:
                self.run(process.store.close())


def all_of(*overs: bool | None) -> bool | None:
    """Whether something lets in that lives as long as none of these is over; None: it may."""
    if True in overs:
        return False
    return None if None in overs else True


def play(machine: type[Machine], world: World, **options: Any) -> None:
    """Let many lives of the machine go by."""
    usual: dict[str, Any] = {
        "max_examples": EXAMPLES[world.engine.kind] * (20 if LONG else 1),
        "stateful_step_count": STEPS,
        "suppress_health_check": list(HealthCheck),
        "phases": list(Phase) if LONG else [Phase.generate],
    }
    run_state_machine_as_test(lambda: machine(world), settings=settings(**(usual | options)))


def finds_fault(machine: type[Machine]) -> bool:
    """Whether the machine finds something, in memory: what cannot fail would prove nothing."""
    with TemporaryDirectory() as folder, world_of(Engine("memory", "memory://"), Path(folder)) as world:
        for again in range(3):
            # The names that an application draws are new each time: what is found once may be missed once.
            try:
                play(machine, world, max_examples=1000, derandomize=not again, phases=[Phase.generate])
            except (AssertionError, ExceptionGroup):
                return True
    return False
