"""The keys of one prefix, out of a store that keeps several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexios.apikeys.model import APIKey
    from nexios.stores.base import APIKeyStore

__all__ = ["PAGE", "listed"]

PAGE = 1000
"""How many are asked for at once."""


async def listed(
    store: APIKeyStore, prefix: str, owner: str | None, limit: int, after: str | None
) -> list[APIKey]:
    """At most `limit` keys of `owner`, or of everybody, of `prefix`; by id, those after `after`."""
    found: list[APIKey] = []
    while len(found) < limit:
        page = await store.list_keys(owner, limit=PAGE, after=after)
        found += (record for record in page if record.prefix == prefix)
        if len(page) < PAGE:
            break
        after = page[-1].id
    return found[:limit]
