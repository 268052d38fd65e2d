"""The kinds of events: what is known of each, and never a secret."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

__all__ = [
    "Authenticated",
    "Event",
    "KeyCreated",
    "KeyRevoked",
    "KeyRotated",
    "KeyUsed",
    "LimitReached",
    "Refused",
    "SessionBegan",
    "SessionEnded",
    "TokenIssued",
    "TokenRefreshed",
    "TokenReused",
    "TokenRevoked",
]


def _now() -> datetime:
    return datetime.now(UTC)


def _words(name: str) -> str:
    """`TokenReused` as `token_reused`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=_words):
    """Something happened to a credential. An application's own events inherit from it.

    Attributes:
        at: When, in UTC.
        identity: Whose it is; None where nobody is known, or where the identity is the credential itself.
        scope: The backend's name, e.g. `"jwt"`; None where none is concerned.
        address: Where the request came from; None where no request is known.
    """

    at: datetime = msgspec.field(default_factory=_now)
    identity: str | None = None
    scope: str | None = None
    address: str | None = None

    @classmethod
    def name(cls) -> str:
        """What logs and counters call this kind, e.g. `token_reused`."""
        return _words(cls.__name__)


class Authenticated(Event, frozen=True, kw_only=True):
    """A request's credential was found good."""


class Refused(Event, frozen=True, kw_only=True):
    """A credential was refused, or a guard let nobody in: once for each request and backend.

    Attributes:
        reason: Why: `"no credential"`, `"another scope"`, `"permission"`, `"unknown user"`, `"unavailable"`
            where it could not be found out, else what the backend says, e.g. `"expired"`; None where it says
            nothing.
        permission: The permission that was missing.
    """

    reason: str | None = None
    permission: str | None = None


class SessionBegan(Event, frozen=True, kw_only=True):
    """Somebody logged in.

    Attributes:
        session_id: The session's public id; None where it has none.
    """

    session_id: str | None = None


class SessionEnded(Event, frozen=True, kw_only=True):
    """A session is over.

    Attributes:
        session_id: Its public id; None where it has none, or where several ended at once.
        reason: `"logout"` or `"revoked"`.
        count: How many ended.
    """

    session_id: str | None = None
    reason: str = "logout"
    count: int = 1


class KeyCreated(Event, frozen=True, kw_only=True):
    """An API key was made; `identity` is its owner.

    Attributes:
        key_id: The key's public id.
    """

    key_id: str


class KeyUsed(Event, frozen=True, kw_only=True):
    """An API key was found good; `identity` is its owner.

    Attributes:
        key_id: The key's public id.
    """

    key_id: str


class KeyRotated(Event, frozen=True, kw_only=True):
    """An API key was replaced; `identity` is its owner.

    Attributes:
        key_id: The old key's public id.
        new_key_id: The new one's.
    """

    key_id: str
    new_key_id: str


class KeyRevoked(Event, frozen=True, kw_only=True):
    """An API key was ended; `identity` is its owner.

    Attributes:
        key_id: The key's public id.
    """

    key_id: str


class TokenIssued(Event, frozen=True, kw_only=True):
    """A pair of tokens was issued; `identity` is their subject.

    Attributes:
        family_id: The id of the refresh tokens' family; None where there is none.
        token_id: The access token's `jti`; None where it has none.
        client_id: The client that they are for; None where none is known.
    """

    family_id: str | None = None
    token_id: str | None = None
    client_id: str | None = None


class TokenRefreshed(Event, frozen=True, kw_only=True):
    """A refresh token was exchanged for a new pair; `identity` is its subject.

    Attributes:
        family_id: The family's id.
        token_id: The new access token's `jti`; None where it has none.
        client_id: The client; None where none is known.
    """

    family_id: str
    token_id: str | None = None
    client_id: str | None = None


class TokenReused(Event, frozen=True, kw_only=True):
    """A refresh token came a second time: it was stolen, and its family has ended (RFC 9700 4.14.2).

    Attributes:
        family_id: The family's id.
        client_id: The client; None where none is known.
    """

    family_id: str
    client_id: str | None = None


class TokenRevoked(Event, frozen=True, kw_only=True):
    """Tokens were revoked; `identity` is their subject.

    Attributes:
        token_id: The `jti` of the access token; None where it was no access token.
        family_id: The family of the refresh token; None where it was none.
        count: How many families ended, where all of a subject's did; None otherwise.
    """

    token_id: str | None = None
    family_id: str | None = None
    count: int | None = None


class LimitReached(Event, frozen=True, kw_only=True):
    """A request came that was one too many.

    Attributes:
        limit: The limit, e.g. `"10/minute"`.
        by: What is counted: `"user"`, `"ip"`, `"credential"`, or the application's own word.
    """

    limit: str
    by: str
