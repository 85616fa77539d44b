"""Whether the schema is this version's. Come here to change what happens before it is migrated.

Alembic is imported only when there is something to do: it costs every worker 7 MB and a tenth of
a second at start, and most starts find the schema as it should be.
"""

import logging
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from core.schema_revisions import Schema

VERSIONS = Path(__file__).with_name("versions")
_log = logging.getLogger("muster.migrations")


def newest_revision() -> str:
    """The revision that this version of Muster needs: the files are numbered."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def found_schema(connection: Connection) -> Schema:
    """What the database says of its schema. Before 0003 it did not say who may use it."""
    if not inspect(connection).has_table("alembic_version"):
        return Schema(None, None)
    row = connection.execute(text("SELECT * FROM alembic_version")).mappings().first()
    return Schema(row["version_num"], row.get("oldest_revision")) if row else Schema(None, None)


def is_usable(schema: Schema) -> bool:
    """Whether there is nothing to do, because it is this version's or a newer one that suits."""
    known = newest_revision()
    if schema.is_newer_but_suits(known):
        revisions = {"known_revision": known, "found_revision": schema.revision}
        _log.info("serving with a newer schema", extra=revisions)
    return schema.suits(known)


def migrate(engine: Engine, instance_path: Path) -> None:
    """Bring the schema to `newest_revision()`. Raises as `migrations.upgrade.run` does."""
    with engine.connect() as connection:
        if is_usable(found_schema(connection)):
            return
    import_module("migrations.upgrade").run(engine, instance_path)
