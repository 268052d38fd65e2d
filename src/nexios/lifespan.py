"""What runs when an application starts and stops."""

from __future__ import annotations

import asyncio
import logging
import traceback
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette._utils import is_async_callable
from starlette.concurrency import run_in_threadpool

from nexios.exceptions import ConfigError, NexiosError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.types import Receive, Scope, Send

    from nexios.stores.base import Store

__all__ = ["Lifespan", "upgraded"]

# How often a server that was away at the start is asked again, in seconds.
_AGAIN = 0.5

logger = logging.getLogger("nexios.stores")


class Lifespan:
    """Answers the lifespan messages of ASGI.

    Args:
        context: A function from the application to a context manager that is open while it runs.
        on_startup: Called in order at start, within the context.
        on_shutdown: Called in order at the end, within the context.
        store: Open around all of it, and brought up to date first; where its server is away, as soon as it
            is back.
    """

    def __init__(
        self,
        context: Callable[[Any], AbstractAsyncContextManager[Any]] | None,
        on_startup: Sequence[Callable[[], Any]],
        on_shutdown: Sequence[Callable[[], Any]],
        store: Store | None = None,
    ) -> None:
        self._context = context
        self._store = store
        self.on_startup = list(on_startup)
        self.on_shutdown = list(on_shutdown)

    async def __call__(self, app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Start `app`, wait until it shall stop, and stop it."""
        await receive()
        started = False
        try:
            async with AsyncExitStack() as stack:
                app.build()
                if self._store is not None:
                    await stack.enter_async_context(self._store)
                    await stack.enter_async_context(upgraded(self._store))
                if self._context is not None:
                    state = await stack.enter_async_context(self._context(app))
                    if state is not None:
                        scope.setdefault("state", {}).update(state)
                for function in self.on_startup:
                    await _call(function)
                await send({"type": "lifespan.startup.complete"})
                started = True
                await receive()
                for function in self.on_shutdown:
                    await _call(function)
                # Listeners may need what the context holds open, as an audit its store.
                await app.events.drain()
        except BaseException as error:
            what = "shutdown" if started else "startup"
            # The message is the mend; a stack trace would only hide it.
            plain = isinstance(error, ConfigError | StoreUnavailable)
            message = str(error) if plain else traceback.format_exc()
            await send({"type": f"lifespan.{what}.failed", "message": message})
            raise
        await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def upgraded(store: Store) -> AsyncIterator[None]:
    """The tables of `store` are brought up to date: at once, or when its server is there."""
    try:
        await store.upgrade()
    except StoreUnavailable as away:
        # A file that cannot be opened now cannot be later. A server can; and were this no start, whatever
        # supervises workers would give up the others too (uvicorn does), and the outage would outlive itself.
        if not getattr(store, "is_server", False):
            raise
        logger.error("%s: the application starts without it, and where it is needed answers 503", away)
        waiting = asyncio.create_task(_upgrade_later(store))
    else:
        yield
        return
    try:
        yield
    finally:
        waiting.cancel()
        await asyncio.wait([waiting])


async def _upgrade_later(store: Store) -> None:
    """Ask again until the server is there, and bring the tables up to date."""
    while True:
        await asyncio.sleep(_AGAIN)
        try:
            await store.upgrade()
        except StoreUnavailable:
            continue
        except Exception as error:
            # Nobody waits for this: what would have failed the start is told in the log.
            plain = isinstance(error, NexiosError)
            logger.error("the store's tables are not brought up to date: %s", error, exc_info=not plain)
        else:
            logger.warning("the store is there, and its tables are up to date")
        return


async def _call(function: Callable[[], Any]) -> None:
    if is_async_callable(function):
        await function()
    else:
        await run_in_threadpool(function)
