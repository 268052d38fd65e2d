"""A siege from its beginning to its end."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.siege.place import place
from benchmarks.siege.strangers import Strangers
from benchmarks.siege.town import Town
from benchmarks.siege.trouble import LONG, Memory, Pace, Trouble
from benchmarks.siege.truth import WELL_AGAIN, Ledger
from benchmarks.siege.visitors import Visitors
from benchmarks.siege.wire import Wire
from benchmarks.siege.workers import workers

LOG = "workers.log"
"""What the workers say, in the folder that is given."""

LATE = 0.001
"""The share of answers that may be late on a machine that is busy."""

MANY = 25
"""Good credentials of each kind."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a siege has shown.

    Attributes:
        began: When it began, by the monotonic clock.
        seconds: How long it was.
        clients: How many asked at a time.
        ledger: Every answer to a visitor.
        strangers: What wrk was answered; None: it is not installed.
        ended: How many credentials were ended.
        blocked: How many users were blocked.
        rotations: How often the signing keys were rotated.
        memory: What the workers had.
        tracebacks: What the workers wrote that nobody foresaw.
    """

    began: float
    seconds: float
    clients: int
    ledger: Ledger
    strangers: dict[str, int] | None
    ended: int
    blocked: int
    rotations: int
    memory: list[Memory]
    tracebacks: list[str]

    @property
    def holds(self) -> bool:
        """Whether every answer was right, hardly one late, and nothing unforeseen happened in a worker."""
        ledger = self.ledger
        return not ledger.wrong and not self.tracebacks and len(ledger.late) <= LATE * len(ledger.asked)


async def besiege(
    folder: Path,
    postgresql: str,
    redis: str,
    *,
    seconds: float,
    clients: int = 24,
    pause: float = 0.02,
    pace: Pace = LONG,
    store_timeout: float = 1.0,
    ttl: int = 60,
    seed: int = 0,
) -> Found:
    """Besiege four workers.

    Args:
        folder: Where files are put meanwhile.
        postgresql: The URL of a database.
        redis: The URL of a Redis.
        seconds: How long.
        clients: How many ask at a time.
        pause: How long each waits between two requests, in seconds.
        pace: How soon one trouble follows another.
        store_timeout: How long an operation of a worker's store may take, in seconds.
        ttl: How long an access token lives, in seconds.
        seed: Of what is random.
    """
    # Of a lost connection that lay idle one learns when it was waited for in vain.
    ledger = Ledger(store_timeout=store_timeout, well_again=WELL_AGAIN + max(0.0, store_timeout - 1))
    log = folder / LOG
    async with (
        place(folder, postgresql, redis, store_timeout=store_timeout, ttl=ttl) as there,
        workers(there.environment, log) as serving,
    ):
        town = Town(there, ledger, MANY, random.Random(seed))
        wire = Wire(serving.port)
        for _ in range(3 * MANY):
            await town.grow(wire)
        await wire.close()
        trouble = Trouble(town, ledger, serving, pace)
        visitors = Visitors(town, ledger, serving.port, clients, pause)
        began = time.monotonic()
        troubled = asyncio.create_task(trouble.make())
        visiting = asyncio.create_task(visitors.come())
        strange = asyncio.create_task(Strangers(town, folder, serving.port).come(seconds))
        done, _ = await asyncio.wait(
            [troubled, visiting], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for ended in done:
            ended.result()
        troubled.cancel()
        await asyncio.wait([troubled])
        visitors.go()
        await visiting
        strangers = await strange
        took = time.monotonic() - began
    return Found(
        began=began,
        seconds=took,
        clients=clients,
        ledger=ledger,
        strangers=strangers,
        ended=town.ended,
        blocked=len(town.blocked),
        rotations=trouble.rotations,
        memory=trouble.memory,
        tracebacks=_unforeseen(log.read_text(errors="replace")),
    )


def _unforeseen(log: str) -> list[str]:
    """The last line of each traceback that a worker has written; a store that is away is told without one."""
    return re.findall(r"^Traceback .*?^(\S[^\n]*)$", log, re.MULTILINE | re.DOTALL)
