"""A store that notes what is asked of it, and can be made to fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nexios.exceptions import StoreUnavailable
from nexios.stores import MemoryStore

SECRET_OF_THE_STORE = "password-in-a-url"


class WatchedStore(MemoryStore):
    """Keeps sessions and revocations in memory.

    Attributes:
        asked: The name of each call, in order.
        down: The names of calls that fail; `"*"`: all.
        error: What they raise.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.down: set[str] = set()
        self.error: Exception = StoreUnavailable("the store does not answer")

    def take(self) -> list[str]:
        """What was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked

    async def _ask(self, name: str, *args: Any, **options: Any) -> Any:
        self.asked.append(name)
        if name in self.down or "*" in self.down:
            raise self.error
        return await getattr(MemoryStore, name)(self, *args, **options)


def _watched(name: str) -> Callable[..., Awaitable[Any]]:
    async def call(self: WatchedStore, *args: Any, **options: Any) -> Any:
        return await self._ask(name, *args, **options)

    return call


for _name in (
    *("add_session", "find_session", "change_session", "touch_session", "get_session", "list_sessions"),
    *("end_session", "end_sessions", "purge_sessions", "revoke", "revoked_since", "purge_revocations"),
):
    setattr(WatchedStore, _name, _watched(_name))
