"""Whether Muster can serve. Come here to change what `GET /readyz` looks at."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.schema_revisions import Schema
from db import reading
from errors import NotReady
from services.context import Context

_LATER = {"Retry-After": "5"}
_SCHEMA = text("SELECT version_num, oldest_revision FROM alembic_version")


def check_readiness(context: Context) -> None:
    """Raises `NotReady` unless we stay, the database answers and its schema suits."""
    if context.draining.is_set():
        raise NotReady("Muster is about to stop.", headers=_LATER)
    try:
        with reading() as session:
            found = session.execute(_SCHEMA).first()
    except SQLAlchemyError as error:
        raise NotReady("The database does not answer.", headers=_LATER) from error
    if found is None or not Schema(*found).suits(context.schema_revision):
        message = "The database's schema is not one that this version can use."
        raise NotReady(message, headers=_LATER)
