"""How Alembic runs. Come here to change what autogenerate compares, or what a migration leaves."""

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import text

from db import db

_STATE = text("UPDATE alembic_version SET oldest_revision = :oldest")


def state_oldest_revision(*, ctx: MigrationContext, step: MigrationInfo, **_more: Any) -> None:
    """Write down, after each step, what the file of the revision says; before 0003 nowhere."""
    for script in step.destination_revisions:
        if script.module.oldest_revision is not None:
            ctx.connection.execute(_STATE, {"oldest": script.module.oldest_revision})


def newest_statement() -> str:
    """What the newest file says: a draft begins as an expansion, which keeps that."""
    script = context.script.get_revision("head")
    return str(script.module.oldest_revision)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=db.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    on_version_apply=state_oldest_revision,
    template_args={"oldest_revision": newest_statement()},
)
with context.begin_transaction():
    context.run_migrations()
