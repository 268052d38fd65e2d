"""What a request costs the application alone: `await app(scope, receive, send)`, no server, no socket."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from contextlib import AsyncExitStack
from itertools import islice
from time import process_time_ns
from typing import Any

from benchmarks.asgi import Wire, receive, running
from benchmarks.candidates import ASGIApp, Candidate
from benchmarks.checks import check
from benchmarks.credentials import session_cookie
from benchmarks.figures import Figure, figures
from benchmarks.machine import pinned
from benchmarks.progress import console, steps
from benchmarks.requests import REQUESTS, Request, wires

SLICE = 0.04
"""How long one application answers one kind of request before the next has its turn, in seconds."""

BATCH = 64
"""How many scopes are made ahead of the clock: few, as a server has few requests in hand."""

WARM_UP = 300
FILL = 12_000
"""Requests before the first that counts; `FILL` new tokens, so that what an application keeps is full."""


class Sink:
    """A `send` that counts the answers of the right status and keeps nothing else."""

    __slots__ = ("right", "status")

    def __init__(self, status: int) -> None:
        self.status = status
        self.right = 0

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and message["status"] == self.status:
            self.right += 1


async def time_of(app: ASGIApp, requests: Iterable[Wire], status: int) -> float:
    """The mean time of one of these requests in µs; the collector runs as it does in any program.

    It is the process's own time on the core, which nobody else's work on the machine adds to. No
    application here waits for anything.

    Raises:
        RuntimeError: Not every answer had that status.
    """
    sink = Sink(status)
    send = sink.send
    pending: Iterator[Wire] = iter(requests)
    spent = count = 0
    gc.collect()
    while scopes := [wire.scope() for wire in islice(pending, BATCH)]:
        started = process_time_ns()
        for scope in scopes:
            await app(scope, receive, send)
        spent += process_time_ns() - started
        count += len(scopes)
    if sink.right != count:
        raise RuntimeError(f"{count - sink.right} of {count} answers were not {status}")
    return spent / count / 1000


class Subject:
    """One running application with what its requests need."""

    def __init__(self, candidate: Candidate, app: ASGIApp, cookie: bytes) -> None:
        self.name = candidate.name
        self.label = candidate.label
        self._app = app
        self._cookie = cookie
        self._counts: dict[str, int] = {}

    async def warm_up(self, request: Request) -> None:
        """Answer some, and learn how many fill a slice."""
        await self._run(request, FILL if request.name == "jwt_fresh" else WARM_UP)
        self._counts[request.name] = max(50, int(SLICE * 1e6 / await self._run(request, WARM_UP)))

    async def slice(self, request: Request) -> float:
        """µs for each request over one slice."""
        return await self._run(request, self._counts[request.name])

    async def _run(self, request: Request, count: int) -> float:
        return await time_of(self._app, wires(request, self._cookie, count), request.status)


async def _measure(candidates: Sequence[Candidate], rounds: int) -> dict[str, dict[str, Figure]]:
    async with AsyncExitStack() as stack:
        apps = [await stack.enter_async_context(running(candidate.create())) for candidate in candidates]
        pairs = list(zip(candidates, apps, strict=True))
        with console.status("checking the answers of each application"):
            await asyncio.gather(*(check(candidate, app) for candidate, app in pairs))
        subjects = [Subject(candidate, app, await session_cookie(app)) for candidate, app in pairs]
        gc.collect()
        gc.freeze()  # what the frameworks loaded is no part of anybody's request
        found: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in REQUESTS}
        with steps("in process", (rounds + 1) * len(subjects) * len(REQUESTS)) as step:
            for subject in subjects:
                for request in REQUESTS.values():
                    step(f"warming up: {subject.label}")
                    await subject.warm_up(request)
            for number in range(1, rounds + 1):
                for request in random.sample(list(REQUESTS.values()), len(REQUESTS)):
                    for subject in random.sample(subjects, len(subjects)):
                        step(f"round {number}: {request.title}, {subject.label}")
                        found[request.name][subject.name].append(await subject.slice(request))
        gc.unfreeze()
    return {
        request: figures({subject.name: values[subject.name] for subject in subjects}, "raw")
        for request, values in found.items()
    }


def measure(candidates: Sequence[Candidate], rounds: int) -> dict[str, dict[str, Figure]]:
    """Request to application to µs, and times the hand-written application of the same round.

    Raises:
        WrongAnswer: An application answers wrongly.
    """
    with pinned(0):
        return asyncio.run(_measure(candidates, rounds))
