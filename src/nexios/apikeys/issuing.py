"""New keys: what is shown once, and what is kept."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from nexios.apikeys.format import create_api_key
from nexios.apikeys.model import APIKey
from nexios.apikeys.rules import (
    checked_addresses,
    checked_life,
    checked_metadata,
    checked_moment,
    checked_name,
    checked_owner,
    checked_permissions,
    checked_quota,
    checked_rate_limit,
)

__all__ = ["is_key_id", "issue", "replace"]

_HINT = 4
_INHERITED = ("owner", "name", "permissions", "metadata", "addresses", "rate_limit", "monthly_quota")
_ID = re.compile(r"[0-9a-f]{28}")


def is_key_id(text: object) -> bool:
    """Whether `text` has the form of a key's id."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def issue(
    prefix: str,
    now: datetime,
    *,
    owner: object,
    name: object,
    permissions: object,
    expires_in: object,
    metadata: object,
    addresses: object,
    rate_limit: object,
    monthly_quota: object,
    not_after: datetime | None,
) -> tuple[str, str, APIKey]:
    """A new key; see `APIKeys.create`.

    Returns:
        The key, its hash, and what is known of it.

    Raises:
        TypeError: Something is of another kind.
        ValueError: Something cannot be kept.
    """
    not_after = checked_moment("not_after", not_after)
    key, key_hash = create_api_key(prefix)
    record = APIKey(
        # In the order of time, so that a database appends.
        id=f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(8)}",
        owner=checked_owner(owner),
        name=checked_name(name),
        prefix=prefix,
        hint=key[-_HINT:],
        permissions=checked_permissions(permissions),
        created_at=now,
        expires_at=_earlier(checked_life(expires_in, now), not_after),
        metadata=checked_metadata(metadata),
        addresses=checked_addresses(addresses),
        rate_limit=checked_rate_limit(rate_limit),
        monthly_quota=checked_quota(monthly_quota),
    )
    return key, key_hash, record


def replace(
    old: APIKey, now: datetime, overlap: timedelta, not_after: datetime | None
) -> tuple[str, str, APIKey, datetime]:
    """A new key in place of `old`; see `APIKeys.rotate`.

    Returns:
        The key, its hash, what is known of it, and when the old one dies.

    Raises:
        TypeError: `overlap` is no timedelta.
        ValueError: `overlap` is negative.
    """
    if not isinstance(overlap, timedelta):
        raise TypeError("overlap is a timedelta, e.g. timedelta(hours=24)")
    if overlap < timedelta(0):
        raise ValueError("overlap must not be negative; timedelta(0): the old key is dead at once")
    given: dict[str, Any] = {name: getattr(old, name) for name in _INHERITED}
    # A key that was made for 90 days is followed by one of 90 days, not by one of what is left of them.
    life = None if old.expires_at is None else old.expires_at - old.created_at
    key, key_hash, new = issue(old.prefix, now, expires_in=life, not_after=not_after, **given)
    ends = _earlier(checked_life(overlap, now) if overlap else now, old.expires_at)
    return key, key_hash, new, now if ends is None else ends


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one is not None and other is not None else one or other
