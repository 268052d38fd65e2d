"""Connections belong to the event loop that opened them: one set of them for each loop, closed as it ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

__all__ = ["PerLoop"]

Thing = TypeVar("Thing")

# How long a loop that ends waits for a server to answer a goodbye.
_GOODBYE = 1.0


class PerLoop(Generic[Thing]):
    """One `Thing` for each running loop, made on first use.

    Args:
        make: Makes one, within the running loop.
        let_go: Closes one, within the loop that it was made in.
    """

    def __init__(self, make: Callable[[], Thing], let_go: Callable[[Thing], Awaitable[object]]) -> None:
        self._make = make
        self._let_go = let_go
        self._things: dict[asyncio.AbstractEventLoop, Thing] = {}
        self._keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None]] = {}
        self._lock = Lock()

    def get(self) -> Thing:
        """That of the running loop.

        Raises:
            ConfigError: The running loop is not asyncio's.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigError("this store works under asyncio: run the application on it, not trio") from None
        thing = self._things.get(loop)
        return thing if thing is not None else self._new(loop)

    async def close(self) -> None:
        """Let go of what each loop has; one that is not running does so as it ends."""
        here = asyncio.get_running_loop()
        for loop, keeper in list(self._keepers.items()):
            if loop is here:
                await keeper.aclose()
            elif loop.is_running():
                closing = asyncio.run_coroutine_threadsafe(_closed(keeper), loop)
                # That loop may end at this moment, and does it then by itself.
                with suppress(TimeoutError, asyncio.CancelledError):
                    await asyncio.wait_for(asyncio.wrap_future(closing), _GOODBYE)

    def _new(self, loop: asyncio.AbstractEventLoop) -> Thing:
        thing = self._make()
        keeper = self._kept(loop, thing)
        # It runs to its `yield`, by which the loop knows of it.
        with suppress(StopIteration):
            keeper.__anext__().send(None)
        with self._lock:
            for ended in [each for each in self._things if each.is_closed()]:
                self._forget(ended)
            self._things[loop] = thing
            self._keepers[loop] = keeper
        return thing

    async def _kept(self, loop: asyncio.AbstractEventLoop, thing: Thing) -> AsyncGenerator[None]:
        """Closes `thing` when it is closed itself, as every loop does with the generators that it knows."""
        try:
            yield
        finally:
            with self._lock:
                self._forget(loop)
            with suppress(TimeoutError):
                await asyncio.wait_for(_awaited(self._let_go(thing)), _GOODBYE)

    def _forget(self, loop: asyncio.AbstractEventLoop) -> None:
        self._things.pop(loop, None)
        self._keepers.pop(loop, None)


async def _awaited(awaitable: Awaitable[object]) -> None:
    await awaitable


async def _closed(keeper: AsyncGenerator[None]) -> None:
    await keeper.aclose()
