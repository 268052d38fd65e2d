"""Asking about all changes: first the quick way, then the sure one about those that nobody noticed."""

from __future__ import annotations

import gc
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from rich.console import Console
from rich.progress import Progress

from mutation.afresh import ask_afresh, warm_up
from mutation.aims import FIRST, Aims
from mutation.forks import Job, run_all
from mutation.mutants import Mutant
from mutation.results import Results
from mutation.swapping import ELSEWHERE, Swapper

__all__ = ["ask_all"]

CONTROLS = 40
"""So many times nothing is changed, and no test may notice anything."""

# A plug-in of pytest's that is loaded before it is not rewritten by it, and need not be.
_OPTIONS = ("-q", "-s", "--no-header", "--no-summary", "-W", "ignore::pytest.PytestAssertRewriteWarning")


def ask_all(
    wanted: Sequence[Mutant], aims: Aims, results: Results, folders: Sequence[str], width: int
) -> None:
    """Ask about changes, and note what is found out.

    Args:
        wanted: The changes.
        aims: Chooses the tests to ask.
        results: Where it is noted.
        folders: Where the tests are.
        width: How many processes side by side.
    """
    warm_up()
    # In a process of its own, since it loads the code, which must not be loaded for the other way.
    pid = os.fork()
    if not pid:
        status = 1
        try:
            plugin = _Quickly(wanted, aims, results, width)
            status = int(pytest.main([*_OPTIONS, *folders], plugins=[plugin]))
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if status:
        raise SystemExit("the tests could not be collected, or noticed a change where there was none")
    results.load()
    left = {each: aims.tests(each)[: 2 * FIRST] for each in wanted if not results.killed(each)}
    jobs = deque(Job(each, tests, aims.time_of(tests)) for each, tests in left.items() if tests)
    with _progress("afresh", len(jobs)) as step:
        for job, status in run_all(lambda: jobs.popleft() if jobs else None, ask_afresh, width):
            results.note(job.mutant, killed=status != 0)
            step()
    for each, tests in left.items():
        if not tests:
            results.note(each, killed=False)


class _Quickly:
    """A plug-in for pytest that, in place of running the tests once, asks some of them about each change."""

    def __init__(self, wanted: Sequence[Mutant], aims: Aims, results: Results, width: int) -> None:
        self._wanted = wanted
        self._aims = aims
        self._results = results
        self._width = width

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        swapper = Swapper(session, {each.module for each in self._wanted})
        # Whatever is loaded is no garbage, and no fork shall copy it in looking at it.
        gc.freeze()
        self._aims.keep_only(swapper.items)
        self._control(swapper)
        first: deque[tuple[Mutant, list[str]]] = deque()
        rest: dict[Mutant, list[str]] = {}
        for mutant in self._wanted:
            tests = self._aims.tests(mutant)
            if tests:
                first.append((mutant, tests[:FIRST]))
                rest[mutant] = tests[FIRST:]

        def next_job() -> Job | None:
            return self._job(*first.popleft()) if first else None

        with _progress("quickly", len(first)) as step:
            for (mutant, *_), status in run_all(next_job, swapper.ask, self._width):
                if status == 0 and rest[mutant]:
                    first.append((mutant, rest[mutant]))
                    rest[mutant] = []
                    continue
                if status not in (0, ELSEWHERE):
                    self._results.note(mutant, killed=True)
                step()
        return True

    def _control(self, swapper: Swapper) -> None:
        chosen = self._wanted[:: max(1, len(self._wanted) // CONTROLS)]
        jobs = deque(
            self._job(mutant, self._aims.tests(mutant)[: 2 * FIRST])._replace(made=False) for mutant in chosen
        )
        with _progress("nothing changed", len(jobs)) as step:
            for job, status in run_all(lambda: jobs.popleft() if jobs else None, swapper.ask, self._width):
                step()
                if status:
                    pytest.exit(f"a test fails where nothing is changed, among {job.tests}", 2)

    def _job(self, mutant: Mutant, tests: list[str]) -> Job:
        return Job(mutant, tests, self._aims.time_of(tests))


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)
