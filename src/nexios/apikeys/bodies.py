"""What requests for keys say, and what they are answered; nothing shown opens anything."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

if TYPE_CHECKING:
    from nexios.apikeys.manager import APIKeys
    from nexios.apikeys.model import APIKey

__all__ = ["NewKey", "Rotation", "read_body", "shown"]

Body = TypeVar("Body")

_MOST_SECONDS = int(timedelta.max.total_seconds()) // 2


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that makes a key; whose it becomes is nobody's to say."""

    name: str
    permissions: list[str] | UnsetType | None = UNSET
    expires_in: int | UnsetType | None = UNSET
    metadata: dict[str, Any] | None = None
    addresses: list[str] | UnsetType | None = UNSET


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that rotates a key; nothing is as good as `{}`."""

    overlap: int | UnsetType = UNSET


def read_body(raw: bytes, kind: type[Body]) -> Body:
    """The body as a `kind`.

    Raises:
        msgspec.ValidationError: It is JSON of another form.
        ValueError: It is no JSON.
    """
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except RecursionError:
        raise ValueError("nested too deep") from None


def seconds(given: int) -> timedelta:
    """A number of seconds as a timedelta.

    Raises:
        ValueError: It is more than any calendar has.
    """
    if abs(given) > _MOST_SECONDS:
        raise ValueError("that many seconds are beyond every calendar")
    return timedelta(seconds=given)


def shown(keys: APIKeys, record: APIKey) -> dict[str, Any]:
    """What a key's owner sees of it."""
    return {
        "id": record.id,
        "name": record.name,
        "prefix": record.prefix,
        "hint": record.hint,
        "permissions": None if record.permissions is None else sorted(record.permissions),
        "addresses": record.addresses,
        "rate_limit": record.rate_limit,
        "monthly_quota": record.monthly_quota,
        "metadata": record.metadata,
        "created_at": record.created_at,
        "expires_at": record.expires_at,
        "last_used_at": record.last_used_at,
        "revoked_at": record.revoked_at,
        "replaced_by": record.replaced_by,
        "active": keys.is_live(record),
    }
