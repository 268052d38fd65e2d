"""`python -m benchmarks.profile jwt`: where the time of one request goes, function by function."""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import PurePath

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.asgi import Wire, receive, running
from benchmarks.candidates import CANDIDATES, ASGIApp
from benchmarks.credentials import session_cookie
from benchmarks.inprocess import WARM_UP, Sink, time_of
from benchmarks.machine import pinned
from benchmarks.requests import REQUESTS, wires

OWN_FILES = ("asgi.py", "inprocess.py", "profile.py")
"""The harness, whose time is nobody's."""

BATCH = 50
"""Requests under one profiler."""


def _name(file: str, line: int, function: str) -> str:
    """A function as `package/module.py:12 name`, from the folder of its package on."""
    if file == "~":
        return function.strip("<>")
    path = PurePath(file)
    for root in ("site-packages", "src", "lib", "benchmarks"):
        if root in path.parts:
            at = path.parts.index(root) + (root != "benchmarks")
            path = PurePath(*path.parts[at:])
            break
    return f"{path}:{line} {function}"


async def _profile(app: ASGIApp, requests: Iterable[Wire], status: int) -> tuple[int, pstats.Stats]:
    """Calls and times of the quickest quarter of batches of these requests, and how many requests that is.

    The slow ones were interrupted by somebody else's work. The profiler sleeps while a scope is made.
    """
    send = Sink(status).send
    pending = iter(requests)
    batches: list[pstats.Stats] = []
    while wires := list(islice(pending, BATCH)):
        profiler = cProfile.Profile()
        for wire in wires:
            scope = wire.scope()
            profiler.enable()
            await app(scope, receive, send)
            profiler.disable()
        batches.append(pstats.Stats(profiler))
    quickest = sorted(batches, key=lambda batch: batch.total_tt)[: max(1, len(batches) // 4)]  # type: ignore[attr-defined]
    for batch in quickest[1:]:
        quickest[0].add(batch)
    return len(quickest) * BATCH, quickest[0]


async def _run(app_name: str, request_name: str, count: int) -> tuple[float, int, pstats.Stats]:
    request = REQUESTS[request_name]
    async with running(CANDIDATES[app_name].create()) as app:
        cookie = await session_cookie(app)
        await time_of(app, wires(request, cookie, WARM_UP), request.status)
        clean = await time_of(app, wires(request, cookie, count), request.status)
        return clean, *await _profile(app, wires(request, cookie, count), request.status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the functions of one request, the dearest first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("request", choices=REQUESTS, nargs="?", default="jwt")
    parser.add_argument("--app", choices=CANDIDATES, default="nexios")
    parser.add_argument("--batches", type=int, default=200, help="batches of 50 requests (default 200)")
    parser.add_argument("--top", type=int, default=30, help="functions to show (default 30)")
    options = parser.parse_args(arguments)
    with pinned(0):
        clean, count, stats = asyncio.run(_run(options.app, options.request, options.batches * BATCH))

    rows = [
        (own / count * 1e6, total / count * 1e6, calls / count, _name(*key))
        for key, (_, calls, own, total, _) in stats.stats.items()  # type: ignore[attr-defined]
        if PurePath(key[0]).name not in OWN_FILES and "_lsprof.Profiler" not in key[2]
    ]
    profiled = sum(own for own, *_ in rows)
    table = Table(
        title=f"{options.app}, {options.request}: {clean:.1f} µs a request, {profiled:.1f} with the profiler",
        caption="The profiler makes calls dearer than they are: read the shares, not the µs.",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        caption_justify="left",
    )
    for title in ("own µs", "share", "with calls", "calls"):
        table.add_column(title, justify="right")
    table.add_column("function", overflow="fold")
    for own, total, calls, name in sorted(rows, reverse=True)[: options.top]:
        table.add_row(f"{own:.2f}", f"{own / profiled:.0%}", f"{total:.2f}", f"{calls:,.1f}", name)
    Console().print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
