"""Does the time of a refusal tell what was right in a secret, or what exists: `python -m benchmarks.timing`.

Secrets are guessed with more and more right letters, in turns and each time anew, in process and on one core.
The times are tested for growth, and once more where some is found. Exit status 1: the time of a refusal grows
with what was right; or differs by more than a tenth with what exists; or the tool is blind.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.candidates import ASGIApp
from benchmarks.growth import BLOCK, Growth, growth
from benchmarks.guesses import Asked, Question, questions
from benchmarks.machine import pinned
from benchmarks.progress import steps

SAMPLES = 6000
QUICK = 1200
MOST = 0.1
"""A part of the whole that may differ with what exists: what is known must be looked at, too."""


async def _time(question: Question, asked: Asked) -> tuple[int, int]:
    """The answer's status, and how long it took in ns."""
    wire, body = asked
    return await _ask(question.app, wire.scope(), body)


async def _ask(app: ASGIApp, scope: Any, body: bytes) -> tuple[int, int]:
    status = 0

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    began = time.perf_counter_ns()
    await app(scope, receive, send)
    return status, time.perf_counter_ns() - began


async def measure(question: Question, samples: int) -> Growth:
    """Ask in turns, `samples` times each case.

    Raises:
        RuntimeError: An answer was another one, so that the times would say nothing.
    """
    if question.right is not None and (await _time(question, question.right))[0] == question.status:
        raise RuntimeError(f"{question.name}: the right one is refused too")
    times: dict[int, list[float]] = defaultdict(list)
    for turn in range(samples // BLOCK + 1):
        # Made before any is asked: what it takes to guess differs, and leaves the core in another state.
        asked = [(case, question.ask(case)) for _ in range(BLOCK) for case in question.cases]
        random.shuffle(asked)
        made = [(case, wire.scope(), body) for case, (wire, body) in asked]
        gc.collect()
        for case, scope, body in made:
            status, took = await _ask(question.app, scope, body)
            if status != question.status:
                raise RuntimeError(f"{question.name}: status {status}, not {question.status}")
            if turn:  # the first one has warmed up
                times[case].append(took)
    return growth(times)


async def find(samples: int) -> tuple[list[tuple[Question, Growth, bool, bool]], bool]:
    """Each question with what was found, whether twice, whether a secret is guessed; and if the tool sees."""
    blind, guessed, known = await questions()
    found = []
    with steps("timing", len(guessed) + len(known) + 1) as step:
        step(blind.name)
        control = await measure(blind, samples)
        for question in (*guessed, *known):
            step(question.name)
            first, is_secret = await measure(question, samples), question in guessed
            if _is_bad(first, is_secret):
                second = await measure(question, samples)
                bad = _is_bad(second, is_secret) and first.slope * second.slope > 0
                found.append((question, second, bad, is_secret))
            else:
                found.append((question, first, False, is_secret))
    return [(blind, control, False, True), *found], control.is_found


def _is_bad(found: Growth, is_secret: bool) -> bool:
    return found.is_found and (is_secret or abs(found.slope) > MOST * found.middle)


def show(found: Sequence[tuple[Question, Growth, bool, bool]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name, justify in (("", "left"), ("µs", "right"), ("ns a letter", "right"), ("seen from", "right")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for name in ("p slope", "p ends", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for place, (question, each, bad, is_secret) in enumerate(found):
        said = "found, as it must be" if place == 0 and each.is_found else "GROWS" if bad else "nothing"
        if not is_secret:
            said = "DIFFERS" if bad else f"{each.slope / each.middle:+.1%} in all"
        table.add_row(
            question.name, f"{each.middle / 1000:.1f}", f"{each.slope:+.2f}", f"{each.seen:.2f}",
            f"{each.slope_p:.3f}", f"{each.ends_p:.3f}", said,
        )  # fmt: skip
    console = Console()
    console.width = max(console.width, 110)
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, and say whether all is well."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timing", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} times each; sees less")
    parser.add_argument("--samples", type=int, metavar="N", help=f"so many times each (default {SAMPLES})")
    options = parser.parse_args(arguments)
    samples = options.samples or (QUICK if options.quick else SAMPLES)
    if samples < 10 * BLOCK:
        parser.error(f"--samples must be at least {10 * BLOCK}")
    with pinned(0):
        gc.disable()
        found, sees = asyncio.run(find(samples))
        gc.enable()
    show(found)
    if not sees:
        print("the control was not found: the machine is too busy, or the tool is blind", file=sys.stderr)
    return 0 if sees and not any(bad for _, _, bad, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
