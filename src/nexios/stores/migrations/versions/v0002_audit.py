"""The audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "nexios_audit",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("identity", TEXT),
        sa.Column("scope", TEXT),
        sa.Column("address", TEXT),
        sa.Column("details", sa.Text(), nullable=False),
    )
    op.create_index("nexios_audit_at", "nexios_audit", ["at"])
    op.create_index("nexios_audit_identity", "nexios_audit", ["identity", "id"])
    op.create_index("nexios_audit_event", "nexios_audit", ["event", "id"])
