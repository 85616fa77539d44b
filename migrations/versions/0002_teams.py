"""Teams, memberships, invitations, the audit trail, and which e-mail addresses are confirmed.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
oldest_revision = None  # nobody asked before 0003

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go forward."""
    # A unique index instead of a constraint: SQLite would copy the whole table for that.
    op.add_column("users", sa.Column("verified_email", sa.String(320)))
    op.create_index("ix_users_verified_email", "users", ["verified_email"], unique=True)
    op.create_table(
        "teams",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "memberships",
        sa.Column("team_id", ROW_ID, _refers_to("teams"), primary_key=True),
        sa.Column("user_id", ROW_ID, _refers_to("users"), primary_key=True, index=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("joined_at", TIME, nullable=False),
    )
    op.create_table(
        "invitations",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("team_id", ROW_ID, _refers_to("teams"), nullable=False),
        sa.Column("inviter_id", ROW_ID, _refers_to("users"), nullable=False, index=True),
        sa.Column("user_id", ROW_ID, _refers_to("users"), index=True),
        sa.Column("email", sa.String(320), index=True),
        sa.Column("token_digest", sa.String(64), unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("transfer", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False, index=True),
        sa.UniqueConstraint("team_id", "user_id"),
        sa.UniqueConstraint("team_id", "email"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_events",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("created_at", TIME, nullable=False, index=True),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("actor_id", ROW_ID),
        sa.Column("user_id", ROW_ID),
        sa.Column("team_id", ROW_ID),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Index(None, "team_id", "id"),
        sqlite_autoincrement=True,
    )


def _refers_to(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def downgrade() -> None:
    """Go back."""
    for table in ("audit_events", "invitations", "memberships", "teams"):
        op.drop_table(table)
    op.drop_index("ix_users_verified_email", "users")
    op.drop_column("users", "verified_email")
