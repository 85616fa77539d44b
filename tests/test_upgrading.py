"""From every released schema to this one: what a start keeps, and what a kill leaves.

The dumps are in tests/released; tests/released/keep.py says how the next one is made.
"""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import NullPool, create_engine, text

from db import db
from migrations.startup import newest_revision
from tests.released.keep import PASSWORD, PLACE, PROGRAMS
from tests.server.running import wait_until
from tests.test_migrations import (
    assert_refused,
    change,
    differences,
    engine,
    place,
    schema_of,
    start,
)

RELEASED = sorted({path.name.split(".")[0] for path in PLACE.glob("*.sql")})
OLDER = [revision for revision in RELEASED if revision != newest_revision()]
ROOT = PLACE.parent.parent
KEPT_AT = datetime.fromisoformat("2026-11-22T19:00:00+00:00")  # the sessions in the dumps live
assert place, engine and start  # fixtures


@pytest.fixture
def restore(place):
    """Fill the database with what a released version wrote; a refresh token of alice's."""

    def restored(revision):
        url = place["MUSTER_DATABASE_URL"]
        name = url.partition(":")[0]
        dump = PLACE / f"{revision}.{name}.sql"
        if name == "sqlite":
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                connection.executescript(dump.read_text(encoding="utf-8"))
        else:
            command = [PROGRAMS / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, url]
            subprocess.run(command, check=True, capture_output=True)
        return dump.read_text(encoding="utf-8").partition("\n")[0].removeprefix("-- ")

    return restored


def test_the_newest_schema_or_the_one_before_is_among_the_kept():
    assert RELEASED[-1] in {newest_revision(), f"{int(newest_revision()) - 1:04}"}


@pytest.mark.parametrize("revision", RELEASED)
def test_everybody_goes_on_after_an_upgrade(restore, start, engine, revision):
    refresh_token = restore(revision)
    with time_machine.travel(KEPT_AT):
        client = start().test_client()
        tokens = client.post("/refresh", json={"refresh_token": refresh_token}).json
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert client.get("/me", headers=headers).json["email"] == "alice@example.com"
        users = client.get("/users", headers=headers).json["items"]
        assert [(user["id"], user["username"]) for user in users] == [(1, "alice"), (2, "Bob")]
        assert len(client.get("/me/sessions", headers=headers).json["items"]) == 2
        body = {"username": "bob", "password": PASSWORD}
        assert client.post("/login", json=body).status_code == 200
        assert client.post("/register", json=body).status_code == 409
    assert differences(engine) == []


@pytest.mark.parametrize("revision", OLDER)
def test_an_old_schema_becomes_what_a_new_one_is(restore, start, engine, new_database, revision):
    restore(revision)
    start()
    upgraded = schema_of(engine)
    change(engine, *(f"DROP TABLE {table}" for table in reversed(db.metadata.tables)))
    change(engine, "DROP TABLE alembic_version")
    start()
    assert {name: table[1:] for name, table in upgraded.items()} == {
        name: table[1:] for name, table in schema_of(engine).items()
    }


@pytest.mark.parametrize("revision", OLDER)
def test_of_two_that_start_at_once_one_migrates_and_the_other_waits(
    restore, engine, place, revision
):
    restore(revision)
    runs = [begin(place) for _ in range(2)]
    written = [run.communicate(timeout=60)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], written
    assert "".join(written).count('"message": "migrating"') == 1
    assert differences(engine) == []


def test_a_migration_that_must_wait_for_a_table_lets_others_use_it_meanwhile(
    restore, start, engine, caplog
):
    if engine.dialect.name != "postgresql":
        return
    restore("0002")
    others = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with ThreadPoolExecutor() as pool, engine.connect() as backup, others.connect() as other:
        backup.execute(text("LOCK TABLE alembic_version IN ACCESS SHARE MODE"))
        migrated = pool.submit(start)
        other.execute(text("SET lock_timeout = '5s'"))
        for count in (1, 2):
            wait_until(lambda: caplog.text.count("waits for a table") >= count, 20)  # noqa: B023
            assert other.scalar(text("SELECT version_num FROM alembic_version")) == "0002"
        backup.rollback()
        assert migrated.result(20)
    assert differences(engine) == []


@pytest.mark.parametrize("revision", OLDER)
def test_before_an_upgrade_sqlite_is_backed_up(restore, start, engine, revision):
    restore(revision)
    before = schema_of(engine)
    start()
    if engine.dialect.name == "sqlite":
        (backup,) = (Path(engine.url.database).parent / "backups").iterdir()
        assert backup.name.endswith(f"-{revision}.sqlite3")
        assert schema_of(create_engine(f"sqlite:///{backup}", poolclass=NullPool)) == before


# --- Killed in the middle ---

START = "import sys; from app import create_app; create_app(eval(sys.argv[1]))"
# kill -9 at the first statement that begins so, once the database has carried it out.
KILLED = """
import os, signal
from sqlalchemy import Engine, event

def look(connection, cursor, statement, *more):
    if statement.strip().startswith(os.environ["KILLED_AFTER"]):
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "after_cursor_execute", look)
"""
# What is a statement of the first migration after each revision.
KILLED_AT = [
    ("0001", "ALTER TABLE"),
    ("0001", "CREATE TABLE"),
    ("0001", "UPDATE alembic_version"),
    ("0002", "ALTER TABLE"),
    ("0002", "UPDATE alembic_version SET version_num"),
    ("0002", "UPDATE alembic_version SET oldest_revision"),
]
HALF = {
    "0001": ("CREATE TABLE teams (id INTEGER)", "teams"),
    "0002": ("ALTER TABLE alembic_version ADD COLUMN oldest_revision INTEGER", "oldest_revision"),
}


def begin(place, code=START, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", code, repr(place)],
        cwd=ROOT,
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_kill_and_a_half_are_tried_after_each_revision():
    assert HALF.keys() == {revision for revision, _ in KILLED_AT} == set(OLDER)


@pytest.mark.parametrize(("revision", "moment"), KILLED_AT)
def test_a_migration_that_is_killed_leaves_what_was_there(
    restore, start, engine, place, revision, moment
):
    restore(revision)
    before = schema_of(engine)
    killed = begin(place, KILLED + START, KILLED_AFTER=moment)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert schema_of(engine) == before
    start()
    assert differences(engine) == []


@pytest.mark.parametrize("revision", OLDER)
def test_a_schema_that_is_half_of_the_next_is_refused_and_left_alone(
    restore, start, engine, revision
):
    restore(revision)
    half, name = HALF[revision]
    change(engine, half)
    before = schema_of(engine)
    assert_refused(start, "MUSTER_DATABASE_URL cannot be used", name)
    assert schema_of(engine) == before
