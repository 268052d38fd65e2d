"""API keys with limits of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add their columns."""
    op.add_column("nexios_api_keys", sa.Column("rate_limit", sa.Text()))
    op.add_column("nexios_api_keys", sa.Column("monthly_quota", sa.BigInteger()))
