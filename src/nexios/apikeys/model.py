"""What is known of an API key: all but the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["APIKey"]


class APIKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key as a list shows it; nothing in it opens anything.

    Attributes:
        id: Its public name.
        owner: The identity that a request with it has.
        name: What the owner calls it.
        prefix: What the key begins with, e.g. `"acme_live"`.
        hint: The key's last letters, by which its owner knows it again.
        permissions: What it may do at most; None: all that the owner may.
        created_at: When it was made.
        expires_at: When it dies; None: never.
        last_used_at: When it was last used, known after the next `flush`.
        revoked_at: When it was revoked.
        replaced_by: The id of the key that it was rotated to.
        metadata: A small JSON mapping of the application's own.
        addresses: The networks that it may come from, e.g. `"10.0.0.0/8"`; None: any.
        rate_limit: How often it may be used, e.g. `"100/minute"`; None: as often as anybody.
        monthly_quota: How often in a month of the calendar, in UTC; None: without a bound.
    """

    id: str
    owner: str
    name: str
    prefix: str
    hint: str
    permissions: frozenset[str] | None
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    replaced_by: str | None = None
    metadata: dict[str, Any] = {}
    addresses: tuple[str, ...] | None = None
    rate_limit: str | None = None
    monthly_quota: int | None = None
