"""How Alembic runs. Come here to change what autogenerate compares, or what a migration leaves."""

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationInfo
from sqlalchemy import text

from db import db

_KEEP = text("UPDATE alembic_version SET oldest_revision = :oldest")


def stated(revision: str) -> Any:
    """What the file of a revision says; before 0003 nothing."""
    return context.script.get_revision(revision).module.oldest_revision


def keep_statement(ctx: Any, step: MigrationInfo, *_more: Any, **_named: Any) -> None:
    """Write it down after each step, up or down."""
    for revision in step.destination_revision_ids:
        if oldest := stated(revision):
            ctx.connection.execute(_KEEP, {"oldest": oldest})


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=db.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    on_version_apply=keep_statement,
    template_args={"oldest_revision": stated("head")},  # a draft begins as an expansion
)
with context.begin_transaction():
    context.run_migrations()
