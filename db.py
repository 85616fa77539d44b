"""The database: the SQLAlchemy instance, constraint names, and what each engine needs.

Come here to change how Muster talks to SQLite or PostgreSQL.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Lock, local
from time import monotonic, sleep
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    Row,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator

import kept_connections
from kept_connections import KeepingPool

BUSY_TIMEOUT_SECONDS = 10
POSTGRESQL_CONNECTIONS_PER_WORKER = 10  # its own limit is 100 by default
# Stated, whatever the database's default: who has waited for a row's lock must see what the one
# before did, and under REPEATABLE READ would not.
_BEGIN = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN ISOLATION LEVEL READ COMMITTED"}
_NOTHING: AbstractContextManager[Any] = nullcontext()
_one_at_a_time = Lock()
_open = local()  # whether this thread is in a stretch of reads or a transaction

# SQLite reuses row ids unless told not to; tables say so with `sqlite_autoincrement`.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Model(DeclarativeBase):
    """Base of every table. Constraints have names, so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; `timestamptz` on PostgreSQL, UTC text on SQLite, which has no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give SQLite UTC; raise `ValueError` for a time without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every time its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


db = SQLAlchemy(model_class=Model)

AnyRow = Row[*tuple[Any, ...]]
Writing = Connection | Session  # what a journey writes with: of transaction() or of writing()


def fetch(statement: Executable, **parameters: Any) -> Sequence[AnyRow]:
    """The rows of one select, best built once with `bindparam()`.

    Of columns, without a session, it costs a tenth of `reading()`.
    """
    engine = db.engine
    if isinstance(engine.pool, StaticPool):
        with _turn(engine):
            return kept_connections.fetch(engine, statement, parameters)
    _refuse_to_nest()  # less than a turn, for nothing of ours is called within
    return kept_connections.fetch(engine, statement, parameters)


@contextmanager
def reading() -> Iterator[Session]:
    """A stretch of reads, each its own snapshot. The connection goes back to the pool at its end.

    So nothing is held while a password is hashed or an answer is written. What was loaded stays
    usable. No BEGIN is sent: that saves PostgreSQL two round trips.
    """
    engine = db.engine
    with _turn(engine), Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def transaction() -> Iterator[Connection]:
    """One write transaction: committed at the end, rolled back when anything is raised."""
    engine = db.engine
    with _turn(engine), engine.connect() as connection:
        begin(connection)
        yield connection
        connection.commit()


@contextmanager
def writing() -> Iterator[Session]:
    """A `transaction()` with an ORM session, which costs more. What was written stays usable."""
    with transaction() as connection, Session(connection, expire_on_commit=False) as session:
        yield session
        session.flush()


def begin(connection: Connection) -> None:
    """Begin a transaction; without it each statement is one of its own (`AUTOCOMMIT`).

    On SQLite with the write lock: a deferred transaction would have to upgrade its read lock at
    the first write, and SQLite refuses that at once, whatever the busy timeout says.
    """
    connection.exec_driver_sql(_BEGIN[connection.dialect.name])


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Refuse to nest. An in-memory SQLite is one connection, so its threads take turns."""
    _refuse_to_nest()
    _open.here = True
    try:
        with _one_at_a_time if isinstance(engine.pool, StaticPool) else _NOTHING:
            yield
    finally:
        _open.here = False


def _refuse_to_nest() -> None:
    if getattr(_open, "here", False):
        raise RuntimeError("stretches of reads and transactions do not nest")


def engine_options(url: str, *, in_memory: bool, threads: int) -> dict[str, Any]:
    """What `create_engine` needs for this database and a worker of this many threads."""
    # Parameters stay out of error messages, and so out of the log: they hold hashes and tokens.
    # AUTOCOMMIT: begin() says when a transaction begins, and no read pays for one.
    options: dict[str, Any] = {"hide_parameters": True, "isolation_level": "AUTOCOMMIT"}
    if in_memory:
        return options
    options["poolclass"] = KeepingPool
    options |= {"pool_size": threads, "max_overflow": 0, "pool_timeout": BUSY_TIMEOUT_SECONDS}
    if url.startswith("sqlite"):
        return options | {"connect_args": {"timeout": BUSY_TIMEOUT_SECONDS}}
    limits = {
        "statement_timeout": "10s",
        "lock_timeout": "8s",
        "idle_in_transaction_session_timeout": "30s",
    }
    return options | {
        "pool_size": min(threads, POSTGRESQL_CONNECTIONS_PER_WORKER),
        "pool_timeout": 5,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "connect_args": {
            "connect_timeout": 5,
            "application_name": "muster",
            "options": " ".join(f"-c {name}={limit}" for name, limit in limits.items()),
        },
    }


def pool_levels(engine: Engine) -> dict[str, Callable[[], float]]:
    """How full the pool is, for monitoring: by name, what to call when it is asked for."""

    def in_use() -> float:
        return engine.pool.in_use() if isinstance(engine.pool, KeepingPool) else 0

    def allowed() -> float:
        return engine.pool.size() if isinstance(engine.pool, KeepingPool) else 1

    return {"database_connections_in_use": in_use, "database_connections_allowed": allowed}


def set_up_engine(engine: Engine) -> None:
    """Give every SQLite connection our pragmas; PostgreSQL's never wait for ever."""
    if engine.dialect.name != "sqlite":
        # Imported only here: psycopg costs 10 MB and a tenth of a second.
        event.listen(engine, "do_connect", import_module("postgresql").connect)
        return
    if engine.url.database not in {None, "", ":memory:"}:
        # Made by us first, because SQLite would let everybody on the machine read it.
        Path(str(engine.url.database)).touch(mode=0o600)
    event.listen(engine, "connect", _on_sqlite_connect)


def _on_sqlite_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}")
    use_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def use_wal(connection: sqlite3.Connection) -> None:
    """Switch a database to WAL, or find that it is.

    While another process switches a new one, SQLite does not wait as `busy_timeout` says.
    """
    deadline = monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(0.01)
        else:
            return
