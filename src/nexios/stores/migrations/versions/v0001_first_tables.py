"""Keys, sessions, refresh tokens and revocations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Make all that there is so far."""
    _api_keys()
    _sessions()
    _tokens()
    _revocations()


def _api_keys() -> None:
    op.create_table(
        "nexios_api_keys",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("key_hash", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("prefix", TEXT, nullable=False),
        sa.Column("hint", TEXT, nullable=False),
        sa.Column("permissions", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.Column("replaced_by", TEXT),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text()),
    )
    op.create_index("nexios_api_keys_hash", "nexios_api_keys", ["key_hash"], unique=True)
    op.create_index("nexios_api_keys_owner", "nexios_api_keys", ["owner", "id"])
    op.create_index("nexios_api_keys_expires", "nexios_api_keys", ["expires_at"])
    op.create_index("nexios_api_keys_revoked", "nexios_api_keys", ["revoked_at"])


def _sessions() -> None:
    op.create_table(
        "nexios_sessions",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("secret_hash", TEXT, nullable=False),
        sa.Column("identity", TEXT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("idle_until", MOMENT),
        sa.Column("over_at", MOMENT, nullable=False),
        sa.Column("address", TEXT),
        sa.Column("user_agent", TEXT),
    )
    op.create_index("nexios_sessions_secret", "nexios_sessions", ["secret_hash"], unique=True)
    op.create_index("nexios_sessions_identity", "nexios_sessions", ["identity"])
    op.create_index("nexios_sessions_over", "nexios_sessions", ["over_at"])
    op.create_table(
        "nexios_session_data",
        sa.Column(
            "session_id", TEXT, sa.ForeignKey("nexios_sessions.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )


def _tokens() -> None:
    op.create_table(
        "nexios_token_families",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("client", TEXT),
        sa.Column("scope", TEXT),
        sa.Column("claims", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
    )
    op.create_index("nexios_token_families_subject", "nexios_token_families", ["subject"])
    op.create_index("nexios_token_families_expires", "nexios_token_families", ["expires_at"])
    op.create_table(
        "nexios_refresh_tokens",
        sa.Column("token_hash", TEXT, primary_key=True),
        sa.Column(
            "family", TEXT, sa.ForeignKey("nexios_token_families.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
    )
    op.create_index("nexios_refresh_tokens_family", "nexios_refresh_tokens", ["family"])


def _revocations() -> None:
    op.create_table(
        "nexios_revocations",
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
    )
    op.create_index("nexios_revocations_position", "nexios_revocations", ["kind", "position", "id"])
    op.create_index("nexios_revocations_until", "nexios_revocations", ["until"])
    op.create_table(
        "nexios_seen",
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("value_hash", TEXT, primary_key=True),
        sa.Column("until", MOMENT, nullable=False),
    )
    op.create_index("nexios_seen_until", "nexios_seen", ["until"])
    counters = op.create_table(
        "nexios_counters",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
    )
    op.bulk_insert(counters, [{"name": "revocations", "value": 0}])
