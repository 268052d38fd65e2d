"""What the number of routes costs: requests at random to an application of 10, 100 or 1,000 of them."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import defaultdict
from statistics import median

from benchmarks.asgi import Wire
from benchmarks.inprocess import time_of
from benchmarks.machine import pinned
from benchmarks.progress import steps
from benchmarks.world import SECRET
from nexios import NexiosApp
from nexios.config import MakeConfig
from nexios.http import Request, Response

NUMBERS = (10, 100, 1000)
REQUESTS = 1000
"""Requests in a slice."""


async def collection(request: Request, response: Response) -> dict[str, str]:
    return {"message": "Hello, world!"}


async def item(request: Request, response: Response, item_id: str) -> dict[str, str]:
    return {"message": item_id}


def fixed_app(number: int) -> NexiosApp:
    """That many routes without parameters."""
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    for each in range(number):
        app.get(f"/collection-{each}")(collection)
    return app


def parameter_app(number: int) -> NexiosApp:
    """That many routes with one path parameter each."""
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    for each in range(number):
        app.get(f"/collection-{each}/{{item_id}}")(item)
    return app


async def _measure(rounds: int) -> dict[str, dict[str, float]]:
    apps = {("fixed", number): (fixed_app(number), "") for number in NUMBERS}
    apps |= {("parameter", number): (parameter_app(number), "/4711") for number in NUMBERS}
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    gc.freeze()
    with steps("routes", (rounds + 1) * len(apps)) as step:
        for turn in range(rounds + 1):
            for (kind, number), (app, end) in random.sample(list(apps.items()), len(apps)):
                step(f"round {turn}: {number} routes, {kind}")
                paths = [f"/collection-{random.randrange(number)}{end}" for _ in range(REQUESTS)]
                wires = [Wire("GET", path) for path in paths]
                found[kind, number].append(await time_of(app, wires, 200))
    gc.unfreeze()
    return {
        kind: {str(number): median(found[kind, number][1:]) for number in NUMBERS}
        for kind in ("fixed", "parameter")
    }


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """`fixed` and `parameter` to the number of routes to µs. The first round warms up."""
    with pinned(0):
        return asyncio.run(_measure(rounds))
