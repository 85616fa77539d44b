"""`make migration m="…"`: draft a migration from the models. Come here to change how it is named.

Read the draft before you keep it: Alembic sees columns, not what is in them.
"""

import sys

from alembic import command

from app import create_app
from db import db
from migrations.startup import newest_revision
from migrations.upgrade import configuration


def draft(message: str) -> None:
    """Write `migrations/versions/<next number>_<message>.py`; the database is migrated first."""
    with create_app().app_context(), db.engine.begin() as connection:
        command.revision(
            configuration(connection),
            message,
            autogenerate=True,
            rev_id=f"{int(newest_revision()) + 1:04}",
        )


if __name__ == "__main__":
    draft(sys.argv[1])
