"""What stores keep of sessions, tokens and revocations. Of a secret they keep a hash alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["RefreshRecord", "Revocation", "SessionRecord", "TokenFamily"]


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A session on the server.

    Attributes:
        id: Its public name, by which it is listed and ended; it opens nothing.
        secret_hash: The SHA-256 of the secret in the client's cookie, in hexadecimal.
        identity: Whose it is; None as long as nobody has logged in.
        data: What the application keeps, each key with its value as JSON.
        created_at: When it began.
        last_seen_at: When it was last used, to the minute.
        expires_at: When it ends whatever happens.
        idle_until: When it ends unless it is used; None: no sooner than `expires_at`.
        address: Where it was begun from.
        user_agent: By what it was begun.
    """

    id: str
    secret_hash: str
    identity: str | None
    data: dict[str, bytes]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    idle_until: datetime | None = None
    address: str | None = None
    user_agent: str | None = None

    def __repr__(self) -> str:
        return f"SessionRecord(id={self.id!r})"


class TokenFamily(msgspec.Struct, frozen=True, kw_only=True):
    """All the refresh tokens that came of one login.

    Attributes:
        id: Its name.
        subject: Whose it is.
        client: To whom it was issued, e.g. an OAuth client's id; None: to nobody in particular.
        scope: What its access tokens are for (RFC 6749 3.3); None: all that the subject may.
        claims: What else its access tokens say, as a JSON object.
        created_at: When the login was.
        expires_at: When its last token dies.
        ended_at: When it was ended; None: it goes on.
    """

    id: str
    subject: str
    client: str | None
    scope: str | None
    claims: bytes
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


class RefreshRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One refresh token.

    Attributes:
        token_hash: The SHA-256 of it, in hexadecimal.
        family: The family that it is of.
        expires_at: When it dies unused.
        used_at: When it was first used; None: it is fresh.
    """

    token_hash: str
    family: str
    expires_at: datetime
    used_at: datetime | None = None

    def __repr__(self) -> str:
        return f"RefreshRecord(family={self.family!r})"


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a credential, as it is kept for whoever looks back.

    Attributes:
        id: Its own, which sorts as the moments do.
        at: When it happened.
        event: What, e.g. `"token_reused"`.
        identity: Whose credential it was.
        scope: The backend's name.
        address: Where the request came from.
        details: What else is known, as JSON has it.
    """

    id: str
    at: datetime
    event: str
    identity: str | None = None
    scope: str | None = None
    address: str | None = None
    details: dict[str, Any] = {}


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is over before it would have expired.

    Attributes:
        kind: What it is, e.g. `"jti"`, `"subject"` or `"session"`.
        id: Its name; of a secret its hash.
        at: When it was revoked.
        until: When it would have expired, after which nobody needs to know.
    """

    kind: str
    id: str
    at: datetime
    until: datetime
