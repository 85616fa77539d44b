"""Bringing the schema up to date at start. Come here to change when a start is refused.

One instance migrates at a time; the others wait for it. SQLite is backed up first. Muster never
guesses: a schema that it does not know stops the start.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import sleep
from typing import Any

from alembic import command
from alembic.config import Config
from filelock import FileLock
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError

from config import SettingsError
from core import clock
from core.schema_revisions import Schema
from db import begin, db
from migrations.startup import VERSIONS, found_schema, is_usable, newest_revision

# Any number will do, as long as nobody else in the database uses it for an advisory lock.
_ADVISORY_LOCK = 7_241_093_650_117_733
_LOCK_SECONDS = 1  # requests wait for 8 s (db.py)
_PAUSE_SECONDS = 2
_LOCK_NOT_AVAILABLE = "55P03"
_log = logging.getLogger("muster.migrations")


def run(engine: Engine, instance_path: Path) -> None:
    """Bring the schema to `newest_revision()`.

    Raises `SettingsError` for a schema that is too new for this version or not Muster's.
    """
    with _only_one(engine, instance_path):
        while not _has_migrated(engine):
            sleep(_PAUSE_SECONDS)


def _has_migrated(engine: Engine) -> bool:
    """False when somebody, such as a backup, kept a table for longer than requests can wait.

    Whoever waits for PostgreSQL's lock on a table keeps all others waiting for that table.
    """
    try:
        with _transaction(engine) as connection:
            _migrate(connection, engine)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        _log.warning("the migration waits for a table that somebody uses")
        return False
    return True


def _migrate(connection: Connection, engine: Engine) -> None:
    schema = found_schema(connection)
    if is_usable(schema):
        return  # another instance was quicker
    _refuse_unknown(connection, schema)
    found = schema.revision
    if found and engine.dialect.name == "sqlite" and engine.url.database:
        _back_up(Path(engine.url.database), found)
    _log.info("migrating", extra={"from_revision": found, "to_revision": newest_revision()})
    command.upgrade(configuration(connection), "head")


def configuration(connection: Connection) -> Config:
    """What Alembic's commands need to work on this connection."""
    config = Config(VERSIONS.with_name("alembic.ini"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _only_one(engine: Engine, instance_path: Path) -> Iterator[None]:
    """Wait until no other instance migrates this database."""
    if engine.dialect.name == "postgresql":
        with _advisory_lock(engine):
            yield
    elif engine.url.database in {None, "", ":memory:"}:
        yield
    else:
        with FileLock(instance_path / "migration.lock"):
            yield


@contextmanager
def _advisory_lock(engine: Engine) -> Iterator[None]:
    with engine.connect() as connection, _patience(connection):
        connection.execute(text("SET lock_timeout = 0"))
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
            connection.invalidate()  # its timeouts are not ours to leave in the pool


@contextmanager
def _patience(connection: Connection) -> Iterator[None]:
    """Wait for PostgreSQL as long as it takes, on this side too (postgresql.BoundedConnection)."""
    driver: Any = connection.connection.driver_connection
    usual, driver.answers_within = driver.answers_within, None
    try:
        yield
    finally:
        driver.answers_within = usual


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction for all; SQLite's foreign keys rest meanwhile, and are checked at its end.

    SQLite changes a column by copying the table and dropping the old one, and a drop deletes the
    rows first: with foreign keys on, that takes along or empties whatever refers to them.
    """
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection, connection.begin(), _patience(connection):
            begin(connection)
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # it may take its time
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
            yield connection
        return
    with engine.connect() as connection:
        _set_foreign_keys(connection, "OFF")
        try:
            with connection.begin():
                begin(connection)
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise SettingsError(f"The migration would break references: {broken[:5]}.")
        finally:
            _set_foreign_keys(connection, "ON")


def _set_foreign_keys(connection: Connection, state: str) -> None:
    # On the driver's connection: SQLAlchemy would begin a transaction, where the pragma is mute.
    # SQLAlchemy types it for all drivers; only SQLite's comes here.
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.execute(f"PRAGMA foreign_keys={state}")


def _refuse_unknown(connection: Connection, schema: Schema) -> None:
    found, known = schema.revision, newest_revision()
    if found is None:
        ours = set(db.metadata.tables) & set(inspect(connection).get_table_names())
        if ours:
            raise SettingsError(
                f"The database has tables of Muster's names ({', '.join(sorted(ours))}) but no "
                "schema version: a migration was cut short or the tables are not Muster's. "
                "Restore a backup, or name another database in MUSTER_DATABASE_URL."
            )
    elif not list(VERSIONS.glob(f"{found}_*.py")):
        oldest = schema.oldest_revision or found
        raise SettingsError(
            f"The database was written by a newer Muster: its schema is at {found} and needs a "
            f"version that knows {oldest}; this one knows {known}. Start a newer version, or "
            "restore a backup of before."
        )


def _back_up(database: Path, revision: str) -> None:
    """Copy the file with SQLite's own backup, which is consistent whatever else is going on."""
    directory = database.parent / "backups"
    directory.mkdir(mode=0o700, exist_ok=True)
    target = directory / f"{clock.now():%Y%m%dT%H%M%SZ}-{revision}.sqlite3"
    draft = target.with_suffix(".draft")  # no backup has its name before it is whole
    draft.touch(mode=0o600)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(draft)) as copy:
        source.backup(copy)
    draft.rename(target)
    _log.info("backed up", extra={"backup": str(target)})
