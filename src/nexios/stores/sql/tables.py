"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, MetaData, Table, Text

from nexios.stores.sql.columns import AnyText, Moment

__all__ = [
    "audit",
    "counters",
    "families",
    "keys",
    "metadata",
    "refresh",
    "revocations",
    "seen",
    "session_data",
    "sessions",
]

metadata = MetaData()

keys = Table(
    "nexios_api_keys",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("key_hash", AnyText, nullable=False),
    Column("owner", AnyText, nullable=False),
    Column("name", AnyText, nullable=False),
    Column("prefix", AnyText, nullable=False),
    Column("hint", AnyText, nullable=False),
    Column("permissions", Text),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    Column("replaced_by", AnyText),
    Column("metadata", Text, nullable=False),
    Column("addresses", Text),
    Column("rate_limit", Text),
    Column("monthly_quota", BigInteger),
    Index("nexios_api_keys_hash", "key_hash", unique=True),
    Index("nexios_api_keys_owner", "owner", "id"),
    Index("nexios_api_keys_expires", "expires_at"),
    Index("nexios_api_keys_revoked", "revoked_at"),
)
"""An API key a row. `permissions`, `metadata` and `addresses` are JSON in ASCII."""

sessions = Table(
    "nexios_sessions",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("secret_hash", AnyText, nullable=False),
    Column("identity", AnyText),
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("idle_until", Moment),
    Column("over_at", Moment, nullable=False),
    Column("address", AnyText),
    Column("user_agent", AnyText),
    Index("nexios_sessions_secret", "secret_hash", unique=True),
    Index("nexios_sessions_identity", "identity"),
    Index("nexios_sessions_over", "over_at"),
)
"""A session a row. `over_at` is the earlier of `expires_at` and `idle_until`."""

session_data = Table(
    "nexios_session_data",
    metadata,
    Column("session_id", AnyText, ForeignKey(sessions.c.id, ondelete="CASCADE"), primary_key=True),
    Column("key", AnyText, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""A key of a session a row, so that two requests which change different ones lose neither."""

families = Table(
    "nexios_token_families",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("subject", AnyText, nullable=False),
    Column("client", AnyText),
    Column("scope", AnyText),
    Column("claims", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("nexios_token_families_subject", "subject"),
    Index("nexios_token_families_expires", "expires_at"),
)

refresh = Table(
    "nexios_refresh_tokens",
    metadata,
    Column("token_hash", AnyText, primary_key=True),
    Column("family", AnyText, ForeignKey(families.c.id, ondelete="CASCADE"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index("nexios_refresh_tokens_family", "family"),
)

revocations = Table(
    "nexios_revocations",
    metadata,
    Column("kind", AnyText, primary_key=True),
    Column("id", AnyText, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("position", BigInteger, nullable=False),
    Index("nexios_revocations_position", "kind", "position", "id"),
    Index("nexios_revocations_until", "until"),
)
"""`position` is the transaction that changed the row last (PostgreSQL), or a counter's value (SQLite)."""

seen = Table(
    "nexios_seen",
    metadata,
    Column("kind", AnyText, primary_key=True),
    Column("value_hash", AnyText, primary_key=True),
    Column("until", Moment, nullable=False),
    Index("nexios_seen_until", "until"),
)

counters = Table(
    "nexios_counters",
    metadata,
    Column("name", AnyText, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Numbers that never go back, for SQLite, which has no transaction ids."""

audit = Table(
    "nexios_audit",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("event", AnyText, nullable=False),
    Column("identity", AnyText),
    Column("scope", AnyText),
    Column("address", AnyText),
    Column("details", Text, nullable=False),
    Index("nexios_audit_at", "at"),
    Index("nexios_audit_identity", "identity", "id"),
    Index("nexios_audit_event", "event", "id"),
)
"""What happened, a row each. `id` sorts as the moments do; `details` is JSON in ASCII."""
