"""What a key may be given: everything is checked before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from nexios.apikeys.networks import read_networks
from nexios.quotas import parse_limits
from nexios.stores.names import MAX_NAME
from nexios.text import is_unicode

__all__ = [
    "checked_addresses",
    "checked_life",
    "checked_metadata",
    "checked_moment",
    "checked_name",
    "checked_owner",
    "checked_permissions",
    "checked_quota",
    "checked_rate_limit",
]

_MAX_NAME = 100
_MAX_PERMISSIONS = 100
_MAX_METADATA = 4096
_MAX_ADDRESSES = 50
_MAX_QUOTA = 10**12


def checked_owner(owner: object) -> str:
    """`owner`, if it is an identity that a store can keep."""
    return _text("owner", owner, MAX_NAME)


def checked_name(name: object) -> str:
    """`name`, if it is one."""
    return _text("name", name, _MAX_NAME)


def checked_permissions(permissions: object) -> frozenset[str] | None:
    """The names as a set; None: all that the owner may.

    Raises:
        TypeError: It is no collection of texts; one text would be taken letter by letter.
        ValueError: There are too many, or one cannot be a name.
    """
    if permissions is None:
        return None
    names = _collection("permissions", permissions, 'permissions={"read"}')
    if len(names) > _MAX_PERMISSIONS:
        raise ValueError(f"permissions names {len(names)}, and a key has at most {_MAX_PERMISSIONS}")
    return frozenset(_text("each of permissions", name, _MAX_NAME) for name in names)


def checked_addresses(addresses: object) -> tuple[str, ...] | None:
    """The networks as texts; None: any.

    Raises:
        TypeError: It is no collection of texts.
        ValueError: There are none or too many, or one is no network.
    """
    if addresses is None:
        return None
    names = _collection("addresses", addresses, 'addresses=["10.0.0.0/8"]')
    if not 0 < len(names) <= _MAX_ADDRESSES:
        raise ValueError(f"addresses names 1 to {_MAX_ADDRESSES} networks; None: from anywhere")
    return tuple(dict.fromkeys(str(network) for network in read_networks(names)))


def checked_metadata(metadata: object) -> dict[str, Any]:
    """A copy of what the application keeps with the key.

    Raises:
        TypeError: It is no mapping of JSON values by text.
        ValueError: It is too large.
    """
    if metadata is None:
        return {}
    wrong = "metadata is a mapping of JSON values by text: dict, list, str, int, float, bool and None"
    if not isinstance(metadata, Mapping):
        raise TypeError(wrong)
    try:
        encoded = msgspec.json.encode(dict(metadata))
        copy: dict[str, Any] = msgspec.json.decode(encoded)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        raise TypeError(wrong) from None
    if len(encoded) > _MAX_METADATA:
        raise ValueError(f"metadata is {len(encoded)} bytes as JSON, and a key has at most {_MAX_METADATA}")
    # What has another form in JSON (a date, a tuple, NaN) would come back as something else.
    if copy != metadata:
        raise TypeError(wrong)
    return copy


def checked_rate_limit(limit: object) -> str | None:
    """How often a key may be used; None: as often as anybody.

    Raises:
        TypeError: It is no text.
        ValueError: It is no limit.
        ConfigError: The package that counts is not there.
    """
    if limit is None:
        return None
    parse_limits(_text("rate_limit", limit, _MAX_NAME))
    return str(limit)


def checked_quota(quota: object) -> int | None:
    """How often a key may be used in a month; None: without a bound.

    Raises:
        TypeError: It is no whole number.
        ValueError: It is below 1, or beyond every use.
    """
    if quota is not None and type(quota) is not int:
        raise TypeError("monthly_quota is a whole number, e.g. monthly_quota=10_000; None: without a bound")
    if quota is not None and not 0 < quota <= _MAX_QUOTA:
        raise ValueError(f"monthly_quota is a number from 1 to {_MAX_QUOTA}; None: without a bound")
    return quota


def checked_life(expires_in: object, now: datetime) -> datetime | None:
    """When a key dies that lives for `expires_in` from `now`; None: never.

    Raises:
        TypeError: It is no timedelta.
        ValueError: It is not positive, or beyond every calendar.
    """
    if expires_in is None:
        return None
    if not isinstance(expires_in, timedelta):
        raise TypeError("expires_in is a timedelta, e.g. timedelta(days=90); None: it never expires")
    if expires_in <= timedelta(0):
        raise ValueError("expires_in must be positive")
    try:
        return now.astimezone(UTC) + expires_in
    except OverflowError:
        raise ValueError("expires_in goes beyond the year 9999; None: it never expires") from None


def checked_moment(name: str, moment: object) -> datetime | None:
    """`moment` in UTC; None: none.

    Raises:
        TypeError: It is no datetime.
        ValueError: It has no time zone.
    """
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        raise TypeError(f"{name} is a datetime, e.g. datetime(2030, 1, 1, tzinfo=UTC)")
    if moment.tzinfo is None:
        raise ValueError(f"{name} has no time zone, e.g. datetime(2030, 1, 1, tzinfo=UTC)")
    return moment.astimezone(UTC)


def _text(what: str, text: object, limit: int) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{what} is text, not {type(text).__name__}")
    if len(text) > limit:
        raise ValueError(f"{what} has {len(text)} letters, and at most {limit} are kept")
    # PostgreSQL keeps no NUL; a line end in a name would make two lines of a list.
    if not text.strip() or not is_unicode(text) or any(letter < " " or letter == "\x7f" for letter in text):
        raise ValueError(f"{what} is text that is not blank and has no control characters")
    return text


def _collection(what: str, given: object, mend: str) -> list[Any]:
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise TypeError(f"{what} is a collection of texts: {mend}")
    return list(given)
