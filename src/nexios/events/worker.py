"""A thread that calls what may wait for a disk or a socket, and holds nobody up when the process ends."""

from __future__ import annotations

import atexit
import weakref
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Worker"]

_Jobs: TypeAlias = "SimpleQueue[Callable[[], None] | None]"

# How long the end of the process waits for what was begun, in seconds.
_PATIENCE = 5.0


class Worker:
    """One thread, begun with the first job; it ends with the worker.

    A pool's thread would keep the process from ending for as long as a job hangs.
    """

    _thread: Thread | None = None
    _jobs: _Jobs

    def submit(self, job: Callable[[], None]) -> None:
        """Call `job` in the thread, after those before it; it raises nothing."""
        # Not alive: the process is a child of the one that began it.
        if self._thread is None or not self._thread.is_alive():
            self._begin()
        self._jobs.put(job)

    def _begin(self) -> None:
        self._jobs = SimpleQueue()
        self._thread = Thread(target=_work, args=(self._jobs,), name="nexios-events", daemon=True)
        self._thread.start()
        at_exit = partial(_finish, self._jobs, self._thread)
        atexit.register(at_exit)
        weakref.finalize(self, _let_go, self._jobs, at_exit).atexit = False


def _work(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        job()
        del job  # or whoever it belongs to would live until the next one


def _finish(jobs: _Jobs, thread: Thread) -> None:
    jobs.put(None)
    thread.join(_PATIENCE)


def _let_go(jobs: _Jobs, at_exit: Callable[[], None]) -> None:
    atexit.unregister(at_exit)
    jobs.put(None)
