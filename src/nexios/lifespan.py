"""What runs when an application starts and stops."""

from __future__ import annotations

import traceback
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any

from starlette._utils import is_async_callable
from starlette.concurrency import run_in_threadpool

from nexios.exceptions import ConfigError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import Receive, Scope, Send

    from nexios.stores.base import Store

__all__ = ["Lifespan"]


class Lifespan:
    """Answers the lifespan messages of ASGI.

    Args:
        context: A function from the application to a context manager that is open while it runs.
        on_startup: Called in order at start, within the context.
        on_shutdown: Called in order at the end, within the context.
        store: Open around all of it, and brought up to date first.
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
                    await self._store.upgrade()
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


async def _call(function: Callable[[], Any]) -> None:
    if is_async_callable(function):
        await function()
    else:
        await run_in_threadpool(function)
