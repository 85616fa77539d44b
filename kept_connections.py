"""Reads with little between them and the driver. Come here to change what a small read costs.

To take a connection from SQLAlchemy's pool, to ask PostgreSQL whether it still lives, to look up
what a statement compiles to, and to give the connection back costs several times what a small read
does itself. Here a connection stays open between two reads, and a statement is made ready once.
"""

from collections import deque, namedtuple
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from time import monotonic
from typing import Any, cast

from sqlalchemy import Dialect, Engine, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

_KEPT_SECONDS = 60.0


class KeepingPool(QueuePool):
    """A pool that leaves up to half of its connections with those who read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: deque[tuple[PoolProxiedConnection, float]] = deque()

    def take(self) -> PoolProxiedConnection | None:
        """A connection that was kept and used of late, if there is one."""
        while self._kept:
            try:
                connection, used_at = self._kept.pop()
            except IndexError:  # another thread was quicker
                return None
            if monotonic() - used_at < _KEPT_SECONDS:
                return connection
            connection.close()  # the pool looks whether it still lives, before it is used again
        return None

    def keep(self, connection: PoolProxiedConnection) -> None:
        """Keep a connection that was read from; beyond the half, or with all out, it goes back."""
        if len(self._kept) < self.size() // 2 and self.checkedout() < self.size():
            self._kept.append((connection, monotonic()))
        else:
            connection.close()

    def let_go(self) -> None:
        """Give all back."""
        while self._kept:
            self._kept.pop()[0].close()

    def _do_get(self) -> ConnectionPoolEntry:
        """What is kept is nobody's: who writes must not wait for it."""
        if self.checkedout() >= self.size():
            with suppress(IndexError):
                self._kept.popleft()[0].close()
        return super()._do_get()

    def in_use(self) -> int:
        """How many connections somebody waits for at this moment."""
        return max(0, self.checkedout() - len(self._kept))

    def dispose(self) -> None:
        """Close all connections, the kept ones, too."""
        self.let_go()
        super().dispose()


def fetch(engine: Engine, statement: Any, parameters: dict[str, Any]) -> Sequence[Any]:
    """The rows of a select.

    By itself, for the caller of a request, 12 µs; through SQLAlchemy on a kept connection 31, on
    one from the pool 61.
    """
    pool = engine.pool
    # Whoever listens to SQLAlchemy (a trace, a test that counts) hears of each statement.
    listened_to = bool(engine.dispatch.before_cursor_execute)
    if listened_to or not isinstance(pool, KeepingPool) or not isinstance(statement, Select):
        return _fetch_slowly(engine, statement, parameters)
    prepared = _prepared(statement, engine.dialect)
    if prepared.varies:
        return _fetch_slowly(engine, statement, parameters)
    return prepared.fetch(engine, pool, parameters)


def _fetch_slowly(engine: Engine, statement: Any, parameters: dict[str, Any]) -> Sequence[Any]:
    with engine.connect() as connection:
        return connection.execute(statement, parameters).all()


class _Prepared:
    """A select as one kind of database takes it."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._statement = statement
        self._text = str(compiled)
        self.varies = bool(compiled.post_compile_params)  # IN, by how many values it has
        self._names = compiled.positiontup or list(compiled.binds)
        self._by_name = not compiled.positional
        self._defaults = {n: bind.value for n, bind in compiled.binds.items() if not bind.required}
        types = [(name, compiled.binds[name].type) for name in self._names]
        self._to_driver = [(n, t.dialect_impl(dialect).bind_processor(dialect)) for n, t in types]
        columns = list(statement.selected_columns)
        names = [column.key or "" for column in columns]
        self._row = cast(Any, namedtuple("Row", names, rename=True))._make
        converters = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]
        self._from_driver = [(i, convert) for i, convert in enumerate(converters) if convert]

    def fetch(self, engine: Engine, pool: KeepingPool, given: dict[str, Any]) -> Sequence[Any]:
        """The rows. Raises SQLAlchemy's errors."""
        kept = pool.take()
        connection = kept or engine.connect().connection
        try:
            rows = self._ask(connection.driver_connection, given)
        except engine.dialect.loaded_dbapi.Error as error:
            broken = engine.dialect.is_disconnect(error, connection.driver_connection, None)
            connection.invalidate(error) if broken else connection.close()
            if kept and broken:  # PostgreSQL was restarted; a read may be repeated
                pool.let_go()
                return _fetch_slowly(engine, self._statement, given)
            raise self._wrapped(error, engine.dialect, broken) from error
        except BaseException:
            connection.close()
            raise
        pool.keep(connection)
        return rows

    def _ask(self, driver: Any, given: dict[str, Any]) -> list[Any]:
        given = self._defaults | given
        values = [convert(given[n]) if convert else given[n] for n, convert in self._to_driver]
        sent = dict(zip(self._names, values, strict=True)) if self._by_name else values
        # By a cursor: traces see those of sqlite3, and not what its connections do themselves.
        rows = driver.cursor().execute(self._text, sent)
        return [self._row(self._converted(row)) for row in rows]

    def _converted(self, row: tuple[Any, ...]) -> Sequence[Any]:
        if not self._from_driver:
            return row
        values = list(row)
        for place, convert in self._from_driver:
            values[place] = convert(values[place])
        return values

    def _wrapped(self, error: Exception, dialect: Dialect, broken: bool) -> BaseException:
        return DBAPIError.instance(
            self._text,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=broken,
            dialect=dialect,
        )


# As many as there are statements, for each of the apps that a test has in one process.
_prepared = lru_cache(maxsize=512)(_Prepared)
