"""What is kept: by one more application, one more token, very many tokens, and by a request that is over."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.asgi import Wire, ask, receive
from benchmarks.candidates import NEXIOS, ASGIApp
from benchmarks.credentials import fresh_tokens, session_cookie
from benchmarks.inprocess import Sink
from benchmarks.progress import steps
from benchmarks.requests import REQUESTS, bearer, wires
from nexios.kept import Kept

APPS = 50
FEW = 500
"""Tokens over which the bytes of one are averaged: fewer than any bound."""

CHUNK = 2000
CHECKPOINTS = 10
MANY = 100_000
VERY_MANY = 1_000_000
"""Tokens that are shown to one application; `--long` asks for the larger number."""


@contextmanager
def traced() -> Iterator[None]:
    """Count Python's allocations during the block."""
    gc.collect()
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def held() -> int:
    """Bytes allocated since `traced` began and not given back."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def _show(app: ASGIApp, count: int) -> None:
    """Send `count` requests, each with a token never seen."""
    sink = Sink(200)
    for token in fresh_tokens(count):
        await app(Wire("GET", "/jwt", bearer(token)).scope(), receive, sink.send)
    if sink.right != count:
        raise RuntimeError(f"{count - sink.right} of {count} good tokens were refused")


async def _per_app() -> float:
    """Bytes of one more application that has answered a request."""
    apps = [NEXIOS.create()]
    await ask(apps[0], Wire("GET", "/plain"))
    with traced():
        before = held()
        for _ in range(APPS):
            apps.append(NEXIOS.create())
            await ask(apps[-1], Wire("GET", "/plain"))
        return (held() - before) / APPS


async def _per_token() -> float:
    """Bytes of one more kept token."""
    app = NEXIOS.create()
    await _show(app, FEW)
    with traced():
        before = held()
        await _show(app, FEW)
        return (held() - before) / FEW


def _caches() -> list[Kept[Any, Any]]:
    """Every cache of verified credentials in the process."""
    return [found for found in gc.get_objects() if type(found) is Kept]


async def _under(count: int) -> list[dict[str, int]]:
    """Tokens shown so far; what the caches say that they hold; and all that was left behind."""
    others = _caches()
    app = NEXIOS.create()
    await ask(app, Wire("GET", "/plain"))
    found = []
    with traced(), steps("memory", count // CHUNK) as step:
        before = held()
        for shown in range(CHUNK, count + 1, CHUNK):
            step(f"{shown:,} different tokens")
            await _show(app, CHUNK)
            if shown % (count // CHECKPOINTS) == 0:
                caches = [cache for cache in _caches() if all(cache is not other for other in others)]
                found.append(
                    {
                        "tokens": shown,
                        "entries": sum(len(cache) for cache in caches),
                        "counted": sum(cache.bytes for cache in caches),
                        "bytes": held() - before,
                    }
                )
    return found


async def _in_cycles() -> dict[str, int]:
    """Request to how many objects one of them leaves to the garbage collector: time to be paid later."""
    found = {}
    app = NEXIOS.create()
    cookie = await session_cookie(app)
    for request in REQUESTS.values():
        sink = Sink(request.status)
        for wire in wires(request, cookie, 20):
            await app(wire.scope(), receive, sink.send)
        (wire,) = wires(request, cookie, 1)
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            await app(wire.scope(), receive, sink.send)
            gc.collect()
            found[request.name] = len(gc.garbage)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    return found


async def _measure(count: int) -> dict[str, object]:
    return {
        "bytes_per_application": round(await _per_app()),
        "bytes_per_token": round(await _per_token()),
        "left_in_cycles": await _in_cycles(),
        "under_many_tokens": await _under(count),
    }


def measure(long: bool) -> dict[str, object]:
    """Bytes per application and per kept token, and after ever more different tokens."""
    return asyncio.run(_measure(VERY_MANY if long else MANY))
