"""Accounts: users, the names they have, their sessions.

Revision: 0001, after none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
oldest_revision = None  # nobody asked before 0003

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "users",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("canonical_username", sa.String(64), nullable=False, unique=True),
        sa.Column("email", sa.String(320)),
        sa.Column("password_hash", sa.String(512), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", TIME),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "usernames",
        sa.Column("skeleton", sa.String(255), primary_key=True),
        sa.Column("user_id", ROW_ID, sa.ForeignKey("users.id", ondelete="SET NULL"), index=True),
        sa.Column("released_at", TIME, index=True),
    )
    op.create_table(
        "user_sessions",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column(
            "user_id",
            ROW_ID,
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("user_agent", sa.String(512), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False, index=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", TIME),
        sa.Column("refresh_family", sa.String(64), nullable=False, unique=True),
        sa.Column("refresh_digest", sa.String(64), nullable=False),
        sa.Column("used_refresh_digest", sa.String(64)),
        sa.Column("refresh_seed", sa.LargeBinary(32)),
        sa.Column("refreshed_at", TIME),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("user_sessions")
    op.drop_table("usernames")
    op.drop_table("users")
