"""Who may use the schema: a newer one tells an older Muster whether it can go on.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
oldest_revision = "0003"  # the first that asks


def upgrade() -> None:
    """Go forward."""
    # Beside the revision, so that one statement reads both, and both change in one.
    op.add_column("alembic_version", sa.Column("oldest_revision", sa.String(32)))


def downgrade() -> None:
    """Go back."""
    op.drop_column("alembic_version", "oldest_revision")
