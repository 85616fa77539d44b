"""How Alembic reaches the database. Come here to change what autogenerate compares."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from db import db


def run(connection: Connection) -> None:
    """Run the migrations that were asked for, all in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with current_app.extensions["migrate"].db.engine.begin() as connection:
        run(connection)
