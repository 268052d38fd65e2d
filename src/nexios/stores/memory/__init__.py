"""A store in the memory of this process: for tests, and for a first try."""

from __future__ import annotations

from nexios.stores.life import ClosesAfterFlushing
from nexios.stores.memory.audit import MemoryAudit
from nexios.stores.memory.keys import MemoryKeys
from nexios.stores.memory.revocations import MemoryRevocations
from nexios.stores.memory.sessions import MemorySessions
from nexios.stores.memory.tokens import MemoryTokens

__all__ = ["MemoryStore"]


class MemoryStore(
    MemoryKeys, MemorySessions, MemoryTokens, MemoryRevocations, MemoryAudit, ClosesAfterFlushing
):
    """Keeps everything in this process, which nobody else sees and which ends with it.

    What has expired stays until it is purged.
    """

    def __init__(self) -> None:
        MemoryKeys.__init__(self)
        MemorySessions.__init__(self)
        MemoryTokens.__init__(self)
        MemoryRevocations.__init__(self)
        MemoryAudit.__init__(self)
        ClosesAfterFlushing.__init__(self)

    async def upgrade(self) -> None:
        """Do nothing: there are no tables."""

    async def ping(self) -> None:
        """Answer."""

    def __repr__(self) -> str:
        return "MemoryStore()"
