"""What a store is: a small protocol for each domain that keeps something.

Every moment is a `datetime` in UTC. An engine judges no expiry when it finds something: whoever asks has the
clock. What an engine cannot answer, within a bounded time, it answers by raising `StoreUnavailable`; it never
answers "not found" in place of it.

What is kept has a name of at most `MAX_NAME` letters: an id, an owner, an identity, a key of a session, a
kind. A longer one, and an id or hash that is there already, is refused with `ValueError`; where something is
only looked for, it is not found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from nexios.apikeys.model import APIKey
    from nexios.stores.records import AuditRecord, RefreshRecord, Revocation, SessionRecord, TokenFamily

__all__ = ["APIKeyStore", "AuditStore", "RevocationStore", "SessionStore", "Store", "TokenStore"]


class Store(Protocol):
    """What every engine is: made at once, connected on first use, closed once."""

    async def upgrade(self) -> None:
        """Bring its tables up to date; safe where several processes do so at once."""
        ...

    async def ping(self) -> None:
        """Ask whether it answers.

        Raises:
            StoreUnavailable: It does not.
        """
        ...

    def before_close(self, flush: Callable[[], Awaitable[object]]) -> None:
        """Await `flush` before the store is closed, for whoever gathers what it has still to write."""
        ...

    async def close(self) -> None:
        """Write what is gathered and let go of every connection. May be called again.

        A store that is used after it was closed connects anew.
        """
        ...

    async def __aenter__(self) -> Self:
        """The store itself."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        ...


@runtime_checkable
class APIKeyStore(Protocol):
    """Keeps API keys by the hash of each."""

    async def add_key(self, key: APIKey, key_hash: str) -> None:
        """Keep a new key."""
        ...

    async def find_key(self, key_hash: str) -> APIKey | None:
        """The key of this hash, also one that is revoked or expired: one query."""
        ...

    async def get_key(self, key_id: str) -> APIKey | None:
        """The key of this id."""
        ...

    async def list_keys(
        self, owner: str | None = None, *, limit: int = 1000, after: str | None = None
    ) -> list[APIKey]:
        """The keys of `owner`, or of everybody, by id; at most `limit`, those with an id after `after`."""
        ...

    async def replace_key(self, old_id: str, old_expires_at: datetime, new: APIKey, new_hash: str) -> bool:
        """Let the old key expire at `old_expires_at` at the latest and keep the new one: both or neither.

        Returns:
            Whether it was done; not where the old key is missing, revoked, or replaced already.
        """
        ...

    async def revoke_key(self, key_id: str, at: datetime) -> bool:
        """Revoke the key; one that is revoked already keeps its moment. False: there is none."""
        ...

    async def note_key_uses(self, used: Mapping[str, datetime]) -> None:
        """Set when each key (by id) was last used; an earlier moment never replaces a later one."""
        ...

    async def purge_keys(self, dead_before: datetime, limit: int) -> int:
        """Delete at most `limit` keys that expired or were revoked before that; how many were."""
        ...


@runtime_checkable
class SessionStore(Protocol):
    """Keeps sessions by the hash of the secret in each client's cookie."""

    async def add_session(self, session: SessionRecord) -> None:
        """Keep a new session."""
        ...

    async def find_session(self, secret_hash: str) -> SessionRecord | None:
        """The session of this secret, also one that is expired: one query."""
        ...

    async def change_session(
        self,
        session_id: str,
        changes: Mapping[str, bytes | None],
        *,
        secret_hash: str | None = None,
        in_place_of: str | None = None,
        identity: str | None = None,
    ) -> bool:
        """Set the keys that `changes` names to their JSON, delete those with None, and leave all others.

        At the same moment, and where they are given, put another secret and another identity in place: all of
        it, or nothing where the secret is not the one of the hash `in_place_of` any more.

        Returns:
            False: the session is over, and is not brought back; or it has another secret than `in_place_of`.
        """
        ...

    async def touch_session(self, session_id: str, seen_at: datetime, idle_until: datetime | None) -> bool:
        """Note a use; a moment earlier than the last one noted changes nothing. False: it is over."""
        ...

    async def get_session(self, session_id: str) -> SessionRecord | None:
        """The session of this public id."""
        ...

    async def list_sessions(self, identity: str, *, limit: int = 1000) -> list[SessionRecord]:
        """The sessions of `identity`, the last one seen first."""
        ...

    async def end_session(self, session_id: str) -> bool:
        """End it. False: it was over."""
        ...

    async def end_sessions(self, identity: str, keep: str | None = None) -> int:
        """End all sessions of `identity` but the one of id `keep`; how many were."""
        ...

    async def purge_sessions(self, now: datetime, limit: int) -> int:
        """Delete at most `limit` sessions that are over by time; how many were."""
        ...


@runtime_checkable
class TokenStore(Protocol):
    """Keeps refresh tokens, by the hash of each, and the families that they are of."""

    async def add_family(self, family: TokenFamily, first: RefreshRecord) -> None:
        """Keep a new family with its first token."""
        ...

    async def use_refresh(self, token_hash: str, now: datetime) -> tuple[RefreshRecord, TokenFamily] | None:
        """Mark the token as used, unless it was, in one step; answer it as it was before, with its family.

        Of all who use one token at once, exactly one sees `used_at` None.
        """
        ...

    async def add_refresh(self, token: RefreshRecord) -> bool:
        """Keep a further token of a family. False: the family has ended, and the token is not kept."""
        ...

    async def find_refresh(self, token_hash: str) -> tuple[RefreshRecord, TokenFamily] | None:
        """The token as it is, with its family; it is not used by this."""
        ...

    async def end_family(self, family_id: str, at: datetime) -> bool:
        """End it; one that has ended keeps its moment. False: there is none."""
        ...

    async def end_families(self, subject: str, at: datetime) -> int:
        """End all that are of `subject`; how many were."""
        ...

    async def purge_tokens(self, now: datetime, limit: int) -> int:
        """Delete at most `limit` families that are over by time, with their tokens; how many were."""
        ...


@runtime_checkable
class RevocationStore(Protocol):
    """Remembers what is over before it expires, and what may be seen only once."""

    async def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Remember each; one that is there already keeps the later `at` and the later `until`."""
        ...

    async def revoked_since(
        self, kind: str, cursor: str | None, limit: int
    ) -> tuple[list[Revocation], str, bool]:
        """What was revoked since the answer that gave `cursor`, or at all where it is None.

        What was committed late is not lost: an answer may repeat some of the one before. A cursor from before
        the store was emptied or set back starts over.

        Returns:
            At most `limit` revocations, the next cursor, and whether there is more at once.
        """
        ...

    async def first_seen(self, kind: str, value: str, until: datetime) -> bool:
        """Whether nobody has asked this before of the same kind and value; remembered until `until`.

        Of all who ask at once, exactly one is answered True.
        """
        ...

    async def purge_revocations(self, now: datetime, limit: int) -> int:
        """Delete at most `limit` of those past their `until`; how many were."""
        ...


@runtime_checkable
class AuditStore(Protocol):
    """Keeps what happened to credentials, for whoever looks back."""

    async def add_audit(self, records: Sequence[AuditRecord]) -> None:
        """Keep each; one whose id is there already is left as it is."""
        ...

    async def list_audit(
        self,
        *,
        identity: str | None = None,
        event: str | None = None,
        since: datetime | None = None,
        before: str | None = None,
        limit: int = 1000,
    ) -> list[AuditRecord]:
        """The newest first: of `identity`, of kind `event`, not before `since`, with an id below `before`."""
        ...

    async def purge_audit(self, before: datetime, limit: int) -> int:
        """Delete at most `limit` of what happened before that, the oldest first; how many were."""
        ...
