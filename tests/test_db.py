"""The ways to the database: what is one transaction, and what is not."""

import multiprocessing
import sqlite3
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import bindparam, column, exists, insert, select, table, text
from sqlalchemy.exc import DBAPIError, IntegrityError

import db as db_module
import kept_connections
from core import clock
from db import db, fetch, pool_levels, reading, transaction, writing
from models import UserModel, UsernameModel
from tests.factories import Registration, statements

ADD = insert(UsernameModel)
NAMES = select(UsernameModel.skeleton)


def names():
    return [row.skeleton for row in fetch(NAMES)]


@pytest.fixture(autouse=True)
def inside(app):
    with app.app_context():
        yield


@pytest.mark.parametrize("write", [transaction, writing])
def test_what_is_written_is_there_afterwards(write):
    with write() as connection:
        connection.execute(ADD, {"skeleton": "one"})
    assert names() == ["one"]


def test_what_a_session_was_given_is_there_afterwards():
    with writing() as session:
        session.add(UsernameModel(skeleton="one"))
    assert names() == ["one"]


@pytest.mark.parametrize("write", [transaction, writing])
def test_a_transaction_that_fails_leaves_nothing_behind(write):
    with pytest.raises(IntegrityError), write() as connection:
        connection.execute(ADD, [{"skeleton": "one"}, {"skeleton": "two"}, {"skeleton": "one"}])
    assert names() == []


@pytest.mark.parametrize("inner", [reading, transaction, writing, names])
@pytest.mark.parametrize("outer", [reading, transaction, writing])
def test_they_do_not_nest(outer, inner):
    with pytest.raises(RuntimeError, match="do not nest"), outer():
        with inner():
            pass
    assert names() == []


def test_after_a_failure_the_next_one_works():
    for _ in range(2):
        with pytest.raises(DBAPIError), reading() as session:
            session.execute(text("SELECT nothing"))
    with transaction() as connection:
        connection.execute(ADD, {"skeleton": "one"})
    assert names() == ["one"]


# --- Connections that are kept between two reads ---


def levels():
    return {name: read() for name, read in pool_levels(db.engine).items()}


def test_what_is_kept_between_two_reads_is_not_in_use():
    names()
    assert db.engine.pool.checkedout() > 0
    assert levels()["database_connections_in_use"] == 0


def test_at_most_half_of_the_connections_are_kept():
    limit = db.engine.pool.size() // 2
    connections = [db.engine.raw_connection() for _ in range(limit + 3)]
    for connection in connections:
        db.engine.pool.keep(connection)
    assert db.engine.pool.checkedout() == limit
    with transaction() as connection:
        connection.execute(ADD, {"skeleton": "one"})


def test_a_read_after_a_failed_one_works():
    with pytest.raises(DBAPIError):
        fetch(text("SELECT nothing"))
    assert names() == []


def test_a_pool_that_is_disposed_of_leaves_no_connection_behind():
    names()
    pool = db.engine.pool
    db.engine.dispose()
    assert pool.checkedout() == 0
    assert names() == []


def test_a_connection_that_was_kept_long_goes_through_the_pool_again():
    names()
    later = kept_connections.monotonic() + 3600
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_connections, "monotonic", lambda: later)
        assert db.engine.pool.take() is None
    assert names() == []


def test_a_read_goes_on_when_the_server_has_closed_all_connections(app):
    names()
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no server")
    with psycopg.connect(app.config["MUSTER_DATABASE_URL"], autocommit=True) as outside:
        outside.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert names() == []


# --- What the driver is asked without SQLAlchemy in between ---

USERS = select(UserModel.id, UserModel.username, UserModel.created_at, UserModel.disabled_at)
SOME = USERS.where(UserModel.id > bindparam("after"), UserModel.created_at <= bindparam("now"))


@pytest.fixture
def asked(client):
    for _ in range(3):
        client.post("/register", json=Registration())
    return {"after": 1, "now": clock.now()}


@pytest.mark.parametrize(
    "statement",
    [
        SOME,
        SOME.limit(1),
        SOME.add_columns(exists().where(UserModel.id == bindparam("after"))),
        SOME.where(UserModel.id.in_([1, 2, 3])),
        SOME.where(UserModel.username != "somebody"),
        SOME.where(UserModel.id == None),  # noqa: E711
    ],
)
def test_the_driver_gives_what_sqlalchemy_gives(asked, statement):
    with db.engine.connect() as connection:
        expected = connection.execute(statement, asked).all()
    found = fetch(statement, **asked)
    assert [tuple(row) for row in found] == [tuple(row) for row in expected]
    assert [row.username for row in found] == [row.username for row in expected]


def test_who_listens_to_sqlalchemy_hears_of_each_read(app, asked):
    fetch(SOME, **asked)
    with statements(app) as heard:
        fetch(SOME, **asked)
    assert len(heard) == 1


def test_a_read_that_the_database_refuses_raises_what_sqlalchemy_would():
    with pytest.raises(DBAPIError) as raised:
        fetch(select(column("id")).select_from(table("nothing")))
    assert type(raised.value.orig).__module__.startswith(("sqlite3", "psycopg"))
    assert names() == []


def open_new(path, together):
    """Open so many new databases, each at the same time as others do."""
    for number in range(100):
        together.wait(30)
        with closing(sqlite3.connect(path / f"{number}.sqlite3", isolation_level=None)) as new:
            db_module._on_sqlite_connect(new, None)


def test_processes_that_open_a_new_file_at_once_wait_for_each_other(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(4)
    processes = [spawn.Process(target=open_new, args=(tmp_path, together)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
