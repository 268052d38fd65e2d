"""API keys in a store: made, verified, rotated, revoked."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from nexios.apikeys.format import KEY_PREFIX, check_prefix, has_key_form, hash_key
from nexios.apikeys.issuing import is_key_id, issue, replace
from nexios.apikeys.listing import PAGE, listed
from nexios.apikeys.lookups import Lookups
from nexios.apikeys.model import APIKey
from nexios.apikeys.settings import check_settings, dead_before
from nexios.apikeys.telling import KeyEvents
from nexios.apikeys.uses import Uses
from nexios.events import KeyCreated, KeyRevoked, KeyRotated, KeyUsed
from nexios.exceptions import ConfigError, UnknownKey

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from nexios.apikeys.lookups import Address, FoundKey
    from nexios.events import Events
    from nexios.stores.base import APIKeyStore
    from nexios.types import Clock

__all__ = ["APIKeys"]

logger = logging.getLogger("nexios.apikeys")

_Keys: TypeAlias = list[APIKey]


class APIKeys:
    """The API keys of one prefix in a store.

    Args:
        store: Keeps them, e.g. `SQLStore`.
        prefix: What they begin with, e.g. `"acme_live"`; a key of another prefix is never taken, though it
            is in the same store.
        kept: How many verified keys are kept for less than a second, so that the store is not asked again;
            0: none.
        flush_every: How often it is written when keys were last used.
        events: Who hears what happens to them, e.g. `app.events`.
        clock: The time now, in seconds since the epoch.
        monotonic: A clock that is never turned back, in seconds.

    Raises:
        ConfigError: One of them cannot be.
    """

    def __init__(
        self,
        store: APIKeyStore,
        *,
        prefix: str = KEY_PREFIX,
        kept: int = 10_000,
        flush_every: timedelta = timedelta(seconds=30),
        events: Events | None = None,
        clock: Clock = time.time,
        monotonic: Clock = time.monotonic,
    ) -> None:
        check_settings(store, kept, flush_every, events)
        try:
            self.prefix = check_prefix(prefix)
        except ValueError as error:
            raise ConfigError(f"APIKeys: {error}") from None
        self._store = store
        self._tell = KeyEvents(events, self.now)
        self._clock = clock
        self._lookups = Lookups(store.find_key, monotonic, kept)
        self._uses = Uses(store.note_key_uses, flush_every.total_seconds())
        before_close = getattr(store, "before_close", None)
        if before_close is not None:
            before_close(self.flush)

    async def create(
        self,
        owner: str,
        name: str,
        *,
        permissions: Collection[str] | None = None,
        expires_in: timedelta | None = None,
        metadata: Mapping[str, Any] | None = None,
        addresses: Collection[str] | None = None,
        rate_limit: str | None = None,
        monthly_quota: int | None = None,
        not_after: datetime | None = None,
    ) -> tuple[str, APIKey]:
        """Make a key.

        Args:
            owner: The identity that a request with it has.
            name: What the owner calls it.
            permissions: What it may do at most, of all that its owner may when it is used; None: all of that.
            expires_in: How long it lives; None: until it is revoked.
            metadata: A small JSON mapping of the application's own.
            addresses: The networks that it may come from, e.g. `["10.0.0.0/8"]`; None: any.
            rate_limit: How often it may be used, e.g. `"100/minute"`.
            monthly_quota: How often in a month of the calendar.
            not_after: When it dies at the latest, whatever `expires_in` says.

        Returns:
            The key, to be shown once, and what is known of it.

        Raises:
            TypeError: One of them is of another kind.
            ValueError: One of them cannot be kept; the message says the limit.
            StoreUnavailable: The store does not answer.
        """
        key, key_hash, record = issue(
            self.prefix,
            self.now(),
            owner=owner,
            name=name,
            permissions=permissions,
            expires_in=expires_in,
            metadata=metadata,
            addresses=addresses,
            rate_limit=rate_limit,
            monthly_quota=monthly_quota,
            not_after=not_after,
        )
        await self._store.add_key(record, key_hash)
        self._tell(KeyCreated, record)
        return key, record

    async def verify(self, key: object, address: Address = None) -> APIKey | None:
        """Whose key this is, if it is good at this moment; None for anything else whatever.

        What has not the form of a key, with its prefix and checksum, is refused without asking the store.

        Args:
            key: As it was presented.
            address: Where it comes from, or what says so, for keys that are bound to networks.

        Raises:
            StoreUnavailable: The store does not answer, so that nothing is known.
        """
        found = await self.judge(key, address)
        return found if isinstance(found, APIKey) else None

    async def judge(self, key: object, address: Address = None) -> APIKey | str:
        """Like `verify`; where the key is not good, in words why: for the log, never for the client."""
        if not isinstance(key, str) or not has_key_form(key, self.prefix):
            return "not the form of a key"
        key_hash = hash_key(key)
        found = self._lookups.kept(key_hash)
        if found is not None:
            return self._judged(found, address)
        found, version = await self._lookups.find(key_hash)
        if found is None:
            logger.info("API key refused: %s", "unknown")  # as of one that is known: writing takes time too
            return "unknown"
        record = self._judged(found, address)
        if isinstance(record, APIKey):
            # Only what is good is kept, so that a refusal takes as long as that of a key nobody ever made.
            self._lookups.keep(key_hash, found, version)
        return record

    def recall(self, key: str, address: Address = None) -> APIKey | None:
        """What `verify` answers for a key that was good within the last second; None: ask `verify`."""
        found = self._lookups.kept(hash_key(key)) if key.isascii() else None
        if found is None or found.refusal(now := self._clock(), address, self.prefix) is not None:
            return None
        self._uses.note(found.record.id, now)
        self._tell(KeyUsed, found.record)
        return found.record

    def _judged(self, found: FoundKey, address: Address) -> APIKey | str:
        now = self._clock()
        refusal = found.refusal(now, address, self.prefix)
        if refusal is not None:
            logger.info("API key %s refused: %s", found.record.id, refusal)
            return refusal
        self._uses.note(found.record.id, now)
        self._tell(KeyUsed, found.record)
        return found.record

    async def rotate(
        self,
        key_id: str,
        *,
        overlap: timedelta = timedelta(hours=24),
        owner: str | None = None,
        not_after: datetime | None = None,
    ) -> tuple[str, APIKey]:
        """Replace a key by a new one of the same owner, name, permissions, metadata, addresses and limits.

        The new one lives as long as the old one was made for, counted from now.

        Args:
            key_id: The old one's id.
            overlap: How long the old one is still good, unless it expires before; none of it: it is dead at
                once.
            owner: Whose it must be; None: anybody's.
            not_after: When the new one dies at the latest.

        Returns:
            The new key, to be shown once, and what is known of it.

        Raises:
            UnknownKey: There is no such key, or it is expired, revoked or replaced already.
            TypeError: `overlap` is no timedelta.
            ValueError: `overlap` is negative.
            StoreUnavailable: The store does not answer.
        """
        old = await self.get(key_id)
        if old is None or (owner is not None and old.owner != owner):
            raise UnknownKey("there is no such API key: keys.list(owner) has those there are")
        if not self.is_live(old) or old.replaced_by is not None:
            raise UnknownKey("the API key is expired, revoked or replaced already: create a new one")
        key, key_hash, new, ends = replace(old, self.now(), overlap, not_after)
        done = await self._store.replace_key(old.id, ends, new, key_hash)
        self._lookups.drop(old.id)
        if not done:
            raise UnknownKey("the API key was revoked or replaced at this moment: create a new one")
        self._tell(KeyRotated, old, new_key_id=new.id)
        return key, new

    async def revoke(self, key_id: str, owner: str | None = None) -> bool:
        """End a key: it is dead at once in this process, and within one second in every other.

        Args:
            key_id: Its id.
            owner: Whose it must be; None: anybody's.

        Returns:
            Whether there is such a key; one that is revoked already stays so.

        Raises:
            StoreUnavailable: The store does not answer; the key may be good still.
        """
        record = await self.get(key_id)
        if record is not None and owner not in (None, record.owner):
            return False
        try:
            done = record is not None and await self._store.revoke_key(record.id, self.now())
        finally:
            self._lookups.drop(key_id)  # also where it is purged, and known here for a second yet
        if done and record is not None and record.revoked_at is None:
            self._tell(KeyRevoked, record)
        return done

    async def get(self, key_id: str) -> APIKey | None:
        """What is known of the key of this id, whatever its state; None: there is none."""
        if not is_key_id(key_id):
            return None
        record = await self._store.get_key(key_id)
        return record if record is not None and record.prefix == self.prefix else None

    async def list(self, owner: str, *, limit: int = PAGE, after: str | None = None) -> _Keys:
        """The keys of `owner`, the oldest first, whatever their state.

        Args:
            owner: Whose.
            limit: How many at most.
            after: The id of the last one that is known already.
        """
        if not isinstance(owner, str):
            raise TypeError(f"owner is text, not {type(owner).__name__}; list_all lists everybody's keys")
        return await listed(self._store, self.prefix, owner, limit, after)

    async def list_all(self, *, limit: int = PAGE, after: str | None = None) -> _Keys:
        """Everybody's keys, the oldest first, whatever their state; see `list`."""
        return await listed(self._store, self.prefix, None, limit, after)

    async def purge(self, dead_for: timedelta = timedelta(days=90), *, limit: int = PAGE) -> int:
        """Delete keys that expired or were revoked that long ago.

        Args:
            dead_for: How long they are kept, for whoever looks back; not negative.
            limit: How many are deleted at most.

        Returns:
            How many were.
        """
        return await self._store.purge_keys(dead_before(dead_for, self.now()), limit)

    async def flush(self) -> None:
        """Write when keys were last used, as is done from time to time and before the store is closed.

        Raises:
            StoreUnavailable: The store does not answer; nothing is lost by that.
        """
        await self._uses.flush()

    def now(self) -> datetime:
        """The time by which keys are judged, in UTC."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def is_live(self, record: APIKey) -> bool:
        """Whether a key of this record would be taken now, from an address that it may come from."""
        return record.revoked_at is None and (record.expires_at is None or self.now() < record.expires_at)

    def __repr__(self) -> str:
        return f"APIKeys({type(self._store).__name__}, prefix={self.prefix!r})"
