"""The database: the SQLAlchemy instance, constraint names, and what each engine needs.

Come here to change how Muster talks to SQLite or PostgreSQL.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Connection, DateTime, Dialect, Engine, Integer, MetaData, event
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import QueuePool, StaticPool
from sqlalchemy.types import TypeDecorator

BUSY_TIMEOUT_SECONDS = 10
POSTGRESQL_CONNECTIONS_PER_WORKER = 10  # its own limit is 100 by default
_READING = "muster_reading"
_one_at_a_time = RLock()
READ_ONLY = {_READING: True}  # execution options: no BEGIN on SQLite

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


# What was written may be read on after the commit without asking the database again.
db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False})


@contextmanager
def reading() -> Iterator[Session]:
    """A stretch of reads, each its own snapshot. The connection goes back to the pool at its end.

    So nothing is held while a password is hashed or an answer is written. What was loaded stays
    usable. No BEGIN is sent: that saves PostgreSQL two round trips.
    """
    session = _session()
    postgresql = db.engine.dialect.name == "postgresql"
    options = {"isolation_level": "AUTOCOMMIT"} if postgresql else READ_ONLY
    with _turn(), closing(session):
        session.connection(execution_options=options)
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """One write transaction: committed at the end, rolled back when anything is raised.

    What was written stays usable.
    """
    session = _session()
    with _turn(), closing(session):
        yield session
        session.commit()


def _session() -> Session:
    session: Session = db.session()
    if session.in_transaction():
        raise RuntimeError("reading() and writing() do not nest")
    return session


def _turn() -> AbstractContextManager[Any]:
    """An in-memory SQLite is one connection, so its threads take turns."""
    return _one_at_a_time if isinstance(db.engine.pool, StaticPool) else nullcontext()


def engine_options(url: str, *, in_memory: bool, threads: int) -> dict[str, Any]:
    """What `create_engine` needs for this database and a worker of this many threads."""
    # Parameters stay out of error messages, and so out of the log: they hold hashes and tokens.
    options: dict[str, Any] = {"hide_parameters": True}
    if in_memory:
        return options
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
        return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0

    def allowed() -> float:
        return engine.pool.size() if isinstance(engine.pool, QueuePool) else 1

    return {"database_connections_in_use": in_use, "database_connections_allowed": allowed}


def set_up_engine(engine: Engine) -> None:
    """Give every SQLite connection our pragmas and our BEGIN; PostgreSQL needs neither."""
    if engine.dialect.name != "sqlite":
        return
    if engine.url.database not in {None, "", ":memory:"}:
        # Made by us first, because SQLite would let everybody on the machine read it.
        Path(str(engine.url.database)).touch(mode=0o600)
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _begin_sqlite)


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    # No implicit BEGIN by the driver: _begin_sqlite says which kind it is.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at BEGIN, unless this is a stretch of `reading()`.

    A deferred transaction would have to upgrade its read lock at the first write, and SQLite
    refuses that at once, whatever the busy timeout says.
    """
    if not connection.get_execution_options().get(_READING):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
