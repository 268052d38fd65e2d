"""Connections to PostgreSQL that nobody waits for longer than they want to."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg  # type: ignore[import-untyped]

__all__ = ["connect"]

# The goodbye to a server that may be gone.
_GOODBYE = 0.25


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # untyped
    """Waits for a goodbye only shortly: the other end may be a hole."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  # asyncpg's own
        try:
            await super().close(timeout=_GOODBYE)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.terminate()


async def connect(*arguments: Any, **options: Any) -> Any:
    """Connect; who gives up meanwhile leaves that to end by itself, within its timeout.

    asyncpg, when it is interrupted between two steps of connecting, tells the loop of an error that nobody
    can handle.
    """
    connecting = asyncio.ensure_future(asyncpg.connect(*arguments, connection_class=_Connection, **options))
    try:
        return await asyncio.shield(connecting)
    except asyncio.CancelledError:
        connecting.add_done_callback(_hang_up)
        raise


def _hang_up(connecting: asyncio.Future[Any]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().terminate()
