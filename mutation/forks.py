"""Asking about changes side by side, each in a process of its own that is thrown away."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mutation.mutants import Mutant

__all__ = ["Job", "run_all"]


class Job(NamedTuple):
    """A change and the tests that are asked about it.

    Attributes:
        mutant: The change.
        tests: Their names.
        seconds: How long they take where nothing is changed.
        made: Whether the change is made; if not, no test may notice anything.
    """

    mutant: Mutant
    tests: list[str]
    seconds: float
    made: bool = True


def run_all(
    next_job: Callable[[], Job | None], ask: Callable[[Job], int], width: int
) -> Iterator[tuple[Job, int]]:
    """Ask about changes side by side.

    Args:
        next_job: The next to ask about; None: there is no other now.
        ask: Called in a process of its own.
        width: How many at a time.

    Returns:
        Each job, as soon as it is known, and what `ask` answered: a number below 128; another one where the
        process did not live to answer, as after an endless loop.
    """
    running: dict[int, tuple[Job, float]] = {}
    while True:
        while len(running) < width and (job := next_job()) is not None:
            running[_fork(job, ask)] = job, time.monotonic() + 10 + 3 * job.seconds
        if not running:
            return
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            job, _ = running.pop(pid)
            yield job, os.waitstatus_to_exitcode(status) % 256
            continue
        for pid, (_, deadline) in running.items():
            if time.monotonic() > deadline:
                # One that has only just begun leads no group yet, and is found in the next round.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
        time.sleep(0.002)


def _fork(job: Job, ask: Callable[[Job], int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(silence, stream)
        status = ask(job)
    finally:
        os._exit(status)
