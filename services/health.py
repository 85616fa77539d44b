"""Whether Muster can serve. Come here to change what `GET /readyz` looks at."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from db import reading
from errors import NotReady
from services.context import Context

_LATER = {"Retry-After": "5"}
_REVISION = text("SELECT version_num FROM alembic_version")


def check_readiness(context: Context) -> None:
    """Raises `NotReady` unless we stay, the database answers and has this version's schema."""
    if context.draining.is_set():
        raise NotReady("Muster is about to stop.", headers=_LATER)
    try:
        with reading() as session:
            revision = session.scalar(_REVISION)
    except SQLAlchemyError as error:
        raise NotReady("The database does not answer.", headers=_LATER) from error
    if revision != context.schema_revision:
        message = "The database's schema is not the one that this version needs."
        raise NotReady(message, headers=_LATER)
