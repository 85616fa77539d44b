"""Bringing the schema up to date, on every engine."""

import gc
import os
import sqlite3
import stat
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import String, create_engine, inspect, text

from app import create_app
from config import SettingsError
from db import db
from migrations import startup, upgrade
from tests.factories import Registration, register

ROOT = Path(startup.__file__).parent.parent


@pytest.fixture
def place(new_database, tmp_path):
    """The settings of a Muster with a database of its own, which is empty."""
    return {
        "MUSTER_DATABASE_URL": new_database(),
        "MUSTER_INSTANCE_PATH": str(tmp_path),
        "MUSTER_PASSWORD_ROUNDS": 10,
    }


@pytest.fixture
def engine(place):
    url = place["MUSTER_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def start(place):
    apps = []

    def started():
        apps.append(create_app(place))
        return apps[-1]

    yield started
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def schema_of(engine):
    """All that tells one schema from another, in comparable form."""
    inspector = inspect(engine)
    return {
        table: [
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            sorted(inspector.get_foreign_keys(table), key=str),
            sorted(inspector.get_indexes(table), key=str),
            sorted(inspector.get_unique_constraints(table), key=str),
        ]
        for table in inspector.get_table_names()
    }


def change(engine, *statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def differences(engine):
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection), db.metadata)


def test_after_the_migrations_the_schema_is_that_of_the_models(start, engine):
    start()
    assert differences(engine) == []


def test_the_comparison_would_find_a_difference(start, engine):
    start()
    change(engine, "ALTER TABLE users ADD COLUMN more VARCHAR(7)")
    assert differences(engine) != []


def test_the_names_of_the_constraints_are_those_of_the_models(start, engine):
    start()
    inspector = inspect(engine)
    for name, table in db.metadata.tables.items():
        found = inspector.get_foreign_keys(name) + inspector.get_unique_constraints(name)
        wanted = {each.name for each in table.constraints - {table.primary_key}}
        assert {each["name"] for each in found} == wanted, name


def alembic(engine, step, revision):
    with engine.begin() as connection:
        step(upgrade.configuration(connection), revision)


@contextmanager
def rebuilding(connection, table):
    operations = Operations(MigrationContext.configure(connection))
    recreate = "always" if connection.dialect.name == "sqlite" else "never"
    with operations.batch_alter_table(table, recreate=recreate) as batch:
        yield batch


def test_the_newest_revision_is_the_one_that_alembic_finds():
    config = Config(startup.VERSIONS.with_name("alembic.ini"))
    assert ScriptDirectory.from_config(config).get_heads() == [startup.newest_revision()]


def test_a_start_on_an_up_to_date_schema_does_not_import_alembic(start, place):
    start()
    code = "import sys, app; app.create_app(); sys.exit('alembic' in sys.modules)"
    environment = os.environ | {name: str(value) for name, value in place.items()}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment).returncode == 0


def test_down_to_nothing_and_up_again_is_the_same(start, engine):
    app = start()
    before = schema_of(engine)
    with app.app_context():
        alembic(engine, command.downgrade, "base")
        assert set(schema_of(engine)) == {"alembic_version"}
        alembic(engine, command.upgrade, "head")
    assert schema_of(engine) == before


def test_a_second_start_changes_nothing_and_keeps_what_is_there(start, engine):
    start().test_client().post("/register", json=Registration(username="alice"))
    before = schema_of(engine)
    again = start().test_client().post("/register", json=Registration(username="alice"))
    assert again.status_code == 409
    assert schema_of(engine) == before


START = "import sys; from app import create_app; create_app(eval(sys.argv[1]))"


def test_several_processes_that_start_at_once_on_an_empty_database_all_come_up(place, engine):
    command = [sys.executable, "-c", START, repr(place)]
    with ThreadPoolExecutor(4) as pool:
        runs = list(
            pool.map(
                lambda _: subprocess.run(command, cwd=ROOT, capture_output=True, check=False),
                range(4),
            )
        )
    assert [run.stderr[-2000:] for run in runs if run.returncode] == []
    migrated = b"".join(run.stderr for run in runs).count(b'"message": "migrating"')
    assert migrated == 1
    assert differences(engine) == []


# --- What is refused ---


def assert_refused(start, *words):
    with pytest.raises(SettingsError) as refusal:
        start()
    sentence = refusal.value.message
    del refusal  # its traceback holds the app that did not start, and that an open connection
    with warnings.catch_warnings(action="ignore"):
        gc.collect()
    assert sentence.endswith(".")
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize(
    ("revision", "oldest"),
    [("9999", "'9998'"), ("9999", "NULL"), ("9999", "'none'"), ("nonsense", "'0003'")],
)
def test_a_database_of_a_newer_version_is_refused_and_left_alone(start, engine, revision, oldest):
    start()
    before = schema_of(engine)
    stated = f"version_num = '{revision}', oldest_revision = {oldest}"
    change(engine, f"UPDATE alembic_version SET {stated}")
    assert_refused(start, "newer Muster", revision, startup.newest_revision())
    assert schema_of(engine) == before


def test_tables_of_our_names_without_a_version_are_refused_and_left_alone(start, engine):
    change(engine, "CREATE TABLE users (id INTEGER)", "INSERT INTO users VALUES (7)")
    assert_refused(start, "users", "MUSTER_DATABASE_URL")
    assert set(schema_of(engine)) == {"users"}


def test_a_migration_that_was_cut_short_is_refused(start, engine):
    start()
    change(engine, "DELETE FROM alembic_version")
    assert_refused(start, "no schema version")


def test_tables_of_others_do_not_matter(start, engine):
    change(engine, "CREATE TABLE somebody_elses (id INTEGER)")
    assert start().test_client().get("/readyz").status_code == 200
    assert "somebody_elses" in schema_of(engine)


def test_a_start_after_a_refused_one_works_when_the_cause_is_gone(start, engine):
    change(engine, "CREATE TABLE users (id INTEGER)")
    assert_refused(start)
    change(engine, "DROP TABLE users")
    assert start().test_client().get("/readyz").status_code == 200


# --- The backup of SQLite ---


@pytest.fixture
def database(tmp_path):
    """A database in use: one row is only in its write-ahead log, another is not yet committed."""
    path = tmp_path / "muster.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE words (word TEXT)")
        connection.execute("INSERT INTO words VALUES ('committed')")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO words VALUES ('uncommitted')")
        yield path


def back_up(database):
    upgrade._back_up(database, "0001")  # until there are two revisions
    (copy,) = (database.parent / "backups").iterdir()
    return copy


def test_a_backup_holds_what_was_committed_and_nothing_else(database):
    with closing(sqlite3.connect(back_up(database))) as copy:
        assert copy.execute("SELECT word FROM words").fetchall() == [("committed",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_only_its_owner_can_read_a_backup(database):
    copy = back_up(database)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_the_name_of_a_backup_tells_time_and_revision(database):
    name = back_up(database).name
    assert name.endswith("Z-0001.sqlite3")
    assert name[:8].isdigit()


def test_every_table_with_an_id_never_uses_one_again_on_sqlite(start, engine):
    start()
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        tables = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        )
        made = {name: sql for name, sql in tables if name in db.metadata.tables}
    for name, table in db.metadata.tables.items():
        if "id" in table.columns:
            assert "AUTOINCREMENT" in made[name], name


def test_a_table_that_is_rebuilt_keeps_what_refers_to_it(start):
    app = start()
    client = app.test_client()
    account = register(client)
    with app.app_context(), upgrade._transaction(db.engine) as connection:
        with rebuilding(connection, "users") as table:
            table.alter_column("email", type_=String(500))
    assert client.get("/me", headers=account.headers).status_code == 200
