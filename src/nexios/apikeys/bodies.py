"""What requests for keys say, and what they are answered; nothing shown opens anything."""

from __future__ import annotations

from datetime import datetime, timedelta  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nexios.wholes import decode_json

if TYPE_CHECKING:
    from nexios.apikeys.manager import APIKeys
    from nexios.apikeys.model import APIKey

__all__ = ["MadeKey", "NewKey", "Rotation", "ShownKey", "ShownKeys", "read_body", "rotation_within", "shown"]

Body = TypeVar("Body")

_CENTURY = 100 * 365 * 24 * 60 * 60


# For the API's description; the rules themselves stand in `rules.py`.
_NAME = {
    "minLength": 1,
    "maxLength": 100,
    "pattern": r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$",
}
_NETWORK = {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}], "examples": ["192.0.2.0/24"]}

Name = Annotated[str, Meta(extra_json_schema=_NAME)]
Names = Annotated[list[Name], Meta(extra_json_schema={"maxItems": 100})]
Networks = Annotated[
    list[Annotated[str, Meta(extra_json_schema=_NETWORK)]],
    Meta(extra_json_schema={"minItems": 1, "maxItems": 50}),
]
Seconds = Annotated[int, Meta(ge=1, le=_CENTURY)]


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that makes a key; whose it becomes is nobody's to say."""

    name: Name
    permissions: Names | UnsetType | None = UNSET
    expires_in: Seconds | UnsetType | None = UNSET
    metadata: dict[str, Any] | None = None
    addresses: Networks | UnsetType | None = UNSET


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that rotates a key; nothing is as good as `{}`."""

    overlap: int | UnsetType = UNSET


def rotation_within(most: timedelta) -> type[msgspec.Struct]:
    """What such a body may say where a key is good for at most `most` after it was replaced."""
    seconds = Annotated[int, Meta(ge=0, le=int(most.total_seconds()))]
    return msgspec.defstruct(
        "Rotation",
        [("overlap", seconds | UnsetType, UNSET)],
        forbid_unknown_fields=True,
        namespace={"__doc__": Rotation.__doc__},
    )


class ShownKey(msgspec.Struct):
    """What a key's owner sees of it; nothing in it opens anything."""

    id: str
    name: str
    prefix: str
    hint: str
    permissions: list[str] | None
    addresses: list[str] | None
    metadata: dict[str, Any] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    replaced_by: str | None
    active: bool
    rate_limit: str | None = None
    monthly_quota: int | None = None


class MadeKey(ShownKey, kw_only=True):
    """A new key, which is shown this once, and what is seen of it from then on."""

    key: str


class ShownKeys(msgspec.Struct):
    """One's own keys."""

    keys: list[ShownKey]


def read_body(raw: bytes, kind: type[Body]) -> Body:
    """The body as a `kind`.

    Raises:
        msgspec.ValidationError: It is JSON of another form.
        ValueError: It is no JSON.
    """
    try:
        return decode_json(raw or b"{}", msgspec.json.Decoder(kind))
    except RecursionError:
        raise ValueError("nested too deep") from None


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
