"""The store that a command works in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from nexios.exceptions import NexiosError
from nexios.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["StoreOption", "in_store"]

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="NEXIOS_STORE_URL",
        help="The store, e.g. sqlite:///app.db; one whose URL has a password better by the variable.",
    ),
]

Answer = TypeVar("Answer")


def in_store(url: str | None, work: Callable[[Any], Awaitable[Answer]]) -> Answer:
    """What `work` answers, given the store that `url` names; the store is closed after it.

    Raises:
        NexiosError: No store is named, or one that is in another process's memory.
        StoreUnavailable: The store does not answer.
    """
    if not url:
        raise NexiosError("which store? Set NEXIOS_STORE_URL, or name it: --store sqlite:///app.db")
    if url.lower().startswith("memory:"):
        raise NexiosError("a store in memory is its process's own: name a database, --store sqlite:///app.db")

    async def run() -> Answer:
        async with open_store(url) as store:
            return await work(store)

    return asyncio.run(run())
