"""One listener and what waits for it: a listener that is slow or breaks delays no other."""

from __future__ import annotations

import asyncio
import inspect
import logging
from abc import ABC, abstractmethod
from collections import deque
from contextvars import Context
from threading import Lock
from typing import TYPE_CHECKING, Any

import anyio

from nexios.events.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from nexios.events.kinds import Event

__all__ = ["AsyncListener", "Listener", "SyncListener", "is_async", "listener_for"]

logger = logging.getLogger("nexios.events")

# How often it is looked whether a thread, or a task that may be another loop's, has come to its end.
_MOMENT = 0.001


class Listener(ABC):
    """What waits for one function, in order and bounded; one run at a time hands it over.

    Args:
        function: What is called.
        kinds: The kinds of events that it hears.
        waiting: How many may wait; what comes on top is dropped and counted.
        batch: How many are handed over at once, as a list; 0: one by one.
    """

    def __init__(
        self, function: Callable[..., Any], kinds: tuple[type[Event], ...], waiting: int, batch: int
    ) -> None:
        self.kinds = kinds
        self.dropped = 0
        self.function = function
        self._limit = waiting
        self._batch = batch
        self._waiting: deque[Event] = deque()
        self._lock = Lock()
        self._running = False
        self._dropping = False

    def put(self, event: Event) -> None:
        """Let `event` wait for the function, and see to it that somebody hands it over."""
        with self._lock:
            if len(self._waiting) >= self._limit:
                self.dropped += 1
                first, self._dropping = not self._dropping, True
            else:
                first, self._dropping = False, False
                self._waiting.append(event)
        if first:
            logger.warning("%s is too slow: events are dropped", self.name)
        self._wake()

    @abstractmethod
    async def drain(self) -> None:
        """Wait until nothing waits any more."""

    @abstractmethod
    def _wake(self) -> None:
        """See to it that what waits is handed over."""

    @property
    def name(self) -> str:
        """What the log calls the function."""
        return f"the listener {getattr(self.function, '__qualname__', type(self.function).__name__)}"

    @property
    def idle(self) -> bool:
        """Whether everything was handed over."""
        with self._lock:
            return not self._waiting and not self._running

    def _next(self) -> list[Event]:
        """What is to be handed over next; nothing, and the run is over, where nothing waits."""
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(self._batch or 1, len(self._waiting)))]
            self._running = bool(taken)
            return taken

    def _argument(self, taken: list[Event]) -> Any:
        return taken if self._batch else taken[0]

    def _log(self, error: BaseException) -> None:
        logger.error("%s raised %s", self.name, type(error).__name__, exc_info=error)


class SyncListener(Listener):
    """A plain function: called in a thread of its own, since it may wait for a disk or a socket."""

    _worker: Worker | None = None

    def _wake(self) -> None:
        with self._lock:
            if self._running or not self._waiting:
                return
            if self._worker is None:
                self._worker = Worker()
            self._worker.submit(self._hand_over)
            self._running = True

    def _hand_over(self) -> None:
        while taken := self._next():
            try:
                self.function(self._argument(taken))
            except BaseException as error:
                self._log(error)

    async def drain(self) -> None:
        """Wait until nothing waits any more."""
        while not self.idle:  # noqa: ASYNC110 - a thread sets no event of a loop
            await anyio.sleep(_MOMENT)


class AsyncListener(Listener):
    """A coroutine function: awaited by a task on the loop that emits, which ends when nothing waits."""

    _task: asyncio.Task[None] | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    def _wake(self) -> None:
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            # A sync handler's thread: the loop is told. No loop at all: `drain` hands it over.
            if self._loop is not None and self._loop.is_running():
                self._loop.call_soon_threadsafe(self._start)
        else:
            self._start()

    def _start(self) -> None:
        with self._lock:
            task = self._task
            # A loop that was stopped, as in tests, took its task along.
            if not self._waiting or (self._running and task is not None and _alive(task)):
                return
            self._running = True
        # Of the request that happened to emit first, a listener sees nothing.
        self._task = asyncio.get_running_loop().create_task(self._hand_over(), context=Context())

    async def _hand_over(self) -> None:
        taken: list[Event] = []
        try:
            while taken := self._next():
                try:
                    await self.function(self._argument(taken))
                except Exception as error:
                    self._log(error)
        except BaseException:
            # Cancelled with its loop: the next one hands it over.
            with self._lock:
                self._waiting.extendleft(reversed(taken))
                self._running = False
            raise

    async def drain(self) -> None:
        """Wait until nothing waits any more."""
        while not self.idle:
            if self._task is not None and _alive(self._task):
                await anyio.sleep(_MOMENT)
            else:
                await self._hand_over()


def listener_for(
    function: Callable[..., Any], kinds: tuple[type[Event], ...], waiting: int, batch: int
) -> Listener:
    """The listener that calls `function`, sync or async."""
    return (AsyncListener if is_async(function) else SyncListener)(function, kinds, waiting, batch)


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling `function` gives something to await."""
    call = getattr(type(function), "__call__", None)  # noqa: B004 - the method, to see whether it is async
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def _alive(task: asyncio.Task[None]) -> bool:
    return not task.done() and task.get_loop().is_running()
