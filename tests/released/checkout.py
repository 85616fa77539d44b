"""A newer Muster: this one with more migrations. Come here to change what the next ones do."""

import shutil
from pathlib import Path

from config import BASE

EXPANSION = (
    "0004",
    "0003",
    """
def upgrade():
    op.add_column("users", sa.Column("nickname", sa.String(64)))
    op.create_index("ix_users_nickname", "users", ["nickname"])
    op.create_table(
        "greetings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id", ondelete="CASCADE")),
    )


def downgrade():
    op.drop_table("greetings")
    op.drop_index("ix_users_nickname", "users")
    op.drop_column("users", "nickname")
""",
)
# This Muster needs the column. As if that of 0004 did not, any more.
CONTRACTION = (
    "0005",
    "0004",
    """
def upgrade():
    op.drop_index("ix_users_verified_email", "users")
    op.drop_column("users", "verified_email")


def downgrade():
    op.add_column("users", sa.Column("verified_email", sa.String(320)))
    op.create_index("ix_users_verified_email", "users", ["verified_email"], unique=True)
""",
)
_HEAD = '''"""A migration of a Muster that is yet to come."""

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {before!r}
branch_labels = None
depends_on = None
oldest_revision = {oldest!r}

'''
_LEFT_OUT = (".*", "__pycache__", "benchmarks", "clients", "docs", "instance", "mutants", "tests")


def write_migrations(versions, *migrations):
    """Put them after those that are there."""
    for revision, oldest, steps in migrations:
        head = _HEAD.format(revision=revision, oldest=oldest, before=f"{int(revision) - 1:04}")
        (versions / f"{revision}_to_come.py").write_text(head + steps, encoding="utf-8")


def check_out(directory, *migrations):
    """A copy of what Muster runs from, with these migrations, too."""
    place = Path(shutil.copytree(BASE, directory, ignore=shutil.ignore_patterns(*_LEFT_OUT)))
    write_migrations(place / "migrations" / "versions", *migrations)
    return place
