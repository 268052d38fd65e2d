"""What a credential bounds of the keys that are managed by it: none of them may be wider than itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from nexios.apikeys.networks import is_within, read_networks

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from nexios.apikeys.model import APIKey

__all__ = ["Bounds"]


class Bounds(msgspec.Struct, frozen=True):
    """The widest that a key may be; None bounds nothing.

    Attributes:
        permissions: The names that it may have.
        expires_at: When it dies at the latest.
        addresses: The networks that it may come from.
    """

    permissions: frozenset[str] | None = None
    expires_at: datetime | None = None
    addresses: tuple[str, ...] | None = None

    def take_permissions(self, permissions: Collection[str] | None) -> bool:
        """Whether a key may have these."""
        return self.permissions is None or (
            permissions is not None and self.permissions.issuperset(permissions)
        )

    def take_expiry(self, expires_at: datetime | None) -> bool:
        """Whether a key may live until then."""
        return self.expires_at is None or (expires_at is not None and expires_at <= self.expires_at)

    def take_addresses(self, addresses: Collection[str] | None) -> bool:
        """Whether a key may come from these networks."""
        if self.addresses is None:
            return True
        outer = read_networks(self.addresses)
        return addresses is not None and all(is_within(inner, outer) for inner in read_networks(addresses))

    def take(self, record: APIKey) -> bool:
        """Whether a key is no wider than this."""
        return (
            self.take_permissions(record.permissions)
            and self.take_expiry(record.expires_at)
            and self.take_addresses(record.addresses)
        )
