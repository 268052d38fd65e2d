"""How the life of a store ends: what others have gathered is written first, then it lets go."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType
    from typing import Self

__all__ = ["ClosesAfterFlushing"]

logger = logging.getLogger("nexios.stores")


class ClosesAfterFlushing:
    """The part of an engine that awaits whoever has still to write before it is closed."""

    def __init__(self) -> None:
        self._flushes: list[Callable[[], Awaitable[object]]] = []

    def before_close(self, flush: Callable[[], Awaitable[object]]) -> None:
        """Await `flush` before the store is closed, for whoever gathers what it has still to write."""
        self._flushes.append(flush)

    async def close(self) -> None:
        """Write what is gathered and let go of every connection. May be called again.

        A store that is used after it was closed connects anew.
        """
        try:
            for flush in self._flushes:
                try:
                    await flush()
                except Exception as error:
                    # The store may be what is down: the connections are let go of all the same.
                    logger.warning("what was gathered could not be written: %s", type(error).__name__)
        finally:
            await self._let_go()

    async def _let_go(self) -> None:
        """Close the connections; an engine that has some says how."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
