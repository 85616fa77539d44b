"""Whether the schema is this version's. Come here to change what happens before it is migrated.

Alembic is imported only when there is something to do: it costs every worker 7 MB and a tenth of
a second at start, and most starts find the schema as it should be.
"""

from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

VERSIONS = Path(__file__).with_name("versions")


def newest_revision() -> str:
    """The revision that this version of Muster needs: the files are numbered."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def found_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None when nothing says so."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if revision is None else str(revision)


def migrate(engine: Engine, instance_path: Path) -> None:
    """Bring the schema to `newest_revision()`. Raises as `migrations.upgrade.run` does."""
    with engine.connect() as connection:
        if found_revision(connection) == newest_revision():
            return
    import_module("migrations.upgrade").run(engine, instance_path)
