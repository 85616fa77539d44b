"""Two versions on one schema: what a migration says, and what an older version makes of it."""

import os
import subprocess
import sys

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, inspect, text

from db import db
from migrations import startup, upgrade
from migrations.startup import newest_revision
from tests.factories import register, statements
from tests.released.checkout import CONTRACTION, EXPANSION, check_out, write_migrations
from tests.test_migrations import (
    ROOT,
    assert_refused,
    change,
    engine,
    place,
    rebuilding,
    schema_of,
    start,
)
from tests.test_upgrading import OLDER, RELEASED, restore

assert all([engine, place, restore, start])  # fixtures
FIRST = "0003"  # whose program asks
SCRIPTS = ScriptDirectory.from_config(Config(startup.VERSIONS.with_name("alembic.ini")))
FILES = {script.revision: script.module for script in SCRIPTS.walk_revisions()}
OLDEST = getattr(FILES[newest_revision()], "oldest_revision", "")
NEWER = "UPDATE alembic_version SET version_num = '9999', oldest_revision = '{}'"


# --- What a migration says ---


@pytest.mark.parametrize("revision", sorted(FILES))
def test_a_migration_says_which_revision_a_version_must_know(revision):
    stated, before = FILES[revision].oldest_revision, FILES[revision].down_revision
    if revision < FIRST:
        assert stated is None
    else:
        assert stated in FILES
        assert (FILES[before].oldest_revision or FIRST) <= stated <= revision


def test_the_release_before_this_one_can_go_on_beside_it():
    assert max(OLDER[-1], FIRST) >= OLDEST


def stated(engine):
    with engine.connect() as connection:
        query = text("SELECT version_num, oldest_revision FROM alembic_version")
        return tuple(connection.execute(query).one())


def test_the_database_says_what_the_newest_migration_says(start, engine):
    start()
    assert stated(engine) == (newest_revision(), OLDEST)


def test_each_step_up_or_down_leaves_what_its_migration_says(start, engine, tmp_path):
    start()
    write_migrations(tmp_path, EXPANSION, CONTRACTION)
    found = []
    for step, revision in [
        (command.upgrade, "0004"),
        (command.upgrade, "0005"),
        (command.downgrade, "0004"),
    ]:
        with engine.begin() as connection:
            config = upgrade.configuration(connection)
            places = [str(startup.VERSIONS), str(tmp_path)]
            config.set_main_option("version_locations", os.pathsep.join(places))
            step(config, revision)
        found.append(stated(engine))
    assert found == [("0004", "0003"), ("0005", "0004"), ("0004", "0003")]


def test_a_draft_says_what_the_migration_before_it_says(place, tmp_path):
    checkout = check_out(tmp_path / "checkout", EXPANSION, CONTRACTION)
    environment = os.environ | {name: str(value) for name, value in place.items()}
    command = [sys.executable, "-m", "migrations.draft", "add nicknames"]
    subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True)
    (draft,) = (checkout / "migrations" / "versions").glob("0006_*.py")
    assert 'oldest_revision = "0004"' in draft.read_text().replace("'", '"')


# --- What it may say ---


def described(engine):
    """Of each table: its columns, and which of them are held to a rule."""
    inspector = inspect(engine)
    found = {}
    for table in inspector.get_table_names():
        columns = {
            each["name"]: (str(each["type"]), each["nullable"], each["default"])
            for each in inspector.get_columns(table)
        }
        unique = [each for each in inspector.get_indexes(table) if each["unique"]]
        unique += inspector.get_unique_constraints(table)
        rules = {("unique", *sorted(each["column_names"])) for each in unique}
        for each in inspector.get_foreign_keys(table):
            rules.add(("foreign", *sorted(each["constrained_columns"])))
        found[table] = columns, rules
    return found


def broken_promises(before, after):
    """What a version that knows the schema `before` would miss in `after`, or break unawares."""
    for table, (columns, rules) in before.items():
        found, new_rules = after.get(table, ({}, set()))
        for name in columns.keys() - {key for key in found if found[key] == columns.get(key)}:
            yield f"{table}.{name} is another, or gone"
        for name in found.keys() - columns:
            if found[name][1:] == (False, None):
                yield f"{table}.{name} must be written"
        for what, *names in new_rules - rules:
            if set(names) <= columns.keys():
                yield f"{table} is more strictly {what}: {names}"


@pytest.mark.parametrize("revision", [each for each in RELEASED if each >= OLDEST])
def test_what_a_version_that_can_go_on_knows_is_still_there(restore, start, engine, revision):
    restore(revision)
    before = described(engine)
    start()
    assert list(broken_promises(before, described(engine))) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE users RENAME COLUMN email TO mail",
        "ALTER TABLE users DROP COLUMN email",
        "DROP TABLE audit_events",
        "CREATE UNIQUE INDEX more ON users (email)",
    ],
)
def test_what_it_would_miss_is_found(start, engine, statement):
    start()
    before = described(engine)
    change(engine, statement)
    assert list(broken_promises(before, described(engine)))


@pytest.mark.parametrize(
    ("nullable", "default", "breaks"), [(True, None, 0), (False, "7", 0), (False, None, 1)]
)
def test_a_new_column_must_be_one_that_need_not_be_written(
    start, engine, nullable, default, breaks
):
    app = start()
    before = described(engine)
    with app.app_context(), upgrade._transaction(db.engine) as connection:
        with rebuilding(connection, "users") as table:
            column = Column("more", Integer, nullable=nullable, server_default=default)
            table.add_column(column)
    assert len(list(broken_promises(before, described(engine)))) == breaks


# --- What an older version makes of it ---


@pytest.fixture
def newer(start, engine):
    """A database that a newer version has migrated, for versions from a revision on."""

    def migrated(oldest):
        start()
        change(engine, NEWER.format(oldest))
        return schema_of(engine)

    return migrated


def test_a_newer_schema_that_says_so_is_served_and_left_alone(newer, start, engine, caplog):
    before = newer(newest_revision())
    caplog.clear()
    client = start().test_client()
    assert client.get("/readyz").status_code == 200
    assert register(client).username
    assert schema_of(engine) == before
    assert stated(engine)[0] == "9999"
    written = [each.message for each in caplog.records if each.name == "muster.migrations"]
    assert written == ["serving with a newer schema"]


def test_a_start_with_a_newer_schema_does_not_import_alembic(newer, place):
    newer(newest_revision())
    code = "import sys, app; app.create_app(); sys.exit('alembic' in sys.modules)"
    environment = os.environ | {name: str(value) for name, value in place.items()}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment).returncode == 0


def test_a_start_asks_the_database_twice(start, tmp_path):
    app = start()
    with app.app_context(), statements(app) as sent:
        startup.migrate(db.engine, tmp_path)
    assert len(sent) == 2  # is the table there, and what does it say


def test_a_newer_schema_that_says_no_is_refused_and_left_alone(newer, start, engine):
    before = newer("9998")
    assert_refused(start, "newer Muster", "9999", "9998", newest_revision())
    assert schema_of(engine) == before


def test_whoever_waited_while_a_newer_version_migrated_goes_on(start, engine, tmp_path):
    app = start()
    before = schema_of(engine)
    change(engine, NEWER.format(newest_revision()))
    with app.app_context():
        upgrade.run(db.engine, tmp_path)
    assert schema_of(engine) == before
