"""Millions of accounts in minutes. Come here when a table is new or has a new column.

The database itself makes the rows, in a few INSERT … SELECT for each million. All accounts have
one password, `calls.PASSWORD`, one session each, whose refresh token nobody knows, and one team.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, MetaData, make_url

from benchmarks.calls import PASSWORD
from core import hashing, usernames

_AT_ONCE = 1_000_000
_LETTERS = "abcdefghjk"  # for the digits 0 to 9: none of them looks like something else

# What the engines say differently. `i` counts the accounts; names and digests rise with it, which
# keeps the indexes quick to fill, and lie as far apart as random ones would.
_WORDS = {
    "sqlite": {
        "numbers": "(WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n"
        " WHERE i < :last) SELECT i FROM n)",
        "name": "'person' || " + "replace(" * 10 + "printf('%08d', i)"
        + "".join(f", '{digit}', '{letter}')" for digit, letter in enumerate(_LETTERS)),
        "spread": "printf('%015x', i * (:space / :people))",
        "random": "lower(hex(randomblob(32)))",
        "place": "i % 10",
        "ago": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || (i % 86400) || ' seconds')",
        "ahead": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '+' || (86400 + i % 2500000)"
        " || ' seconds')",
    },
    "postgresql": {
        "numbers": "generate_series(%(first)s::bigint, %(last)s) AS n(i)",
        "name": "'person' || translate(lpad(i::text, 8, '0'), '0123456789', '" + _LETTERS + "')",
        "spread": "lpad(to_hex(i * (%(space)s::bigint / %(people)s)), 15, '0')",
        "random": "encode(sha256(random()::text::bytea), 'hex')",
        "place": "mod(i, 10)",
        "ago": "now() - (i %% 86400) * interval '1 second'",
        "ahead": "now() + (86400 + i %% 2500000) * interval '1 second'",
    },
}  # fmt: skip
# A statement for each table, in the order of their foreign keys. Ten people make a team.
_STATEMENTS = (
    "INSERT INTO users (id, username, canonical_username, password_hash, created_at, failures)"
    " SELECT i, {name}, {name}, {hash}, {ago}, 0 FROM {numbers}",
    "INSERT INTO usernames (skeleton, user_id) SELECT {name}, i FROM {numbers}",
    "INSERT INTO user_sessions (id, user_id, user_agent, address, created_at, last_used_at,"
    " expires_at, failures, refresh_family, refresh_digest) SELECT i, i,"
    " 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '192.0.2.1',"
    " {ago}, {ago}, {ahead}, 0, {spread} || substr({random}, 1, 49), {random} FROM {numbers}",
    "INSERT INTO teams (id, name, created_at) SELECT (i + 9) / 10, {name}, {ago} FROM {numbers}"
    " WHERE {place} = 1",
    "INSERT INTO memberships (team_id, user_id, role, joined_at) SELECT (i + 9) / 10, i,"
    " CASE {place} WHEN 1 THEN 'owner' WHEN 2 THEN 'admin' ELSE 'member' END, {ago}"
    " FROM {numbers}",
)
_SEQUENCES = ("users", "user_sessions", "teams")


def name_of(number: int) -> str:
    """The name of the account with this id."""
    name = "person" + f"{number:08d}".translate(str.maketrans("0123456789", _LETTERS))
    if usernames.skeleton(name) != name:
        raise AssertionError("the names have to look like themselves only")
    return name


def fill(engine: Engine, people: int, rounds: int) -> None:
    """Give an empty, migrated database so many accounts. Nothing else may be using it."""
    constants = {"people": people, "space": 16**15, "hash": hashing.context(rounds).hash(PASSWORD)}
    name_of(people)
    indexes = _index_statements(engine)
    engine.dispose()  # SQLite gives up its journal for a single connection only
    opened = _sqlite(engine) if engine.dialect.name == "sqlite" else _postgresql(engine)
    with opened as run:
        for drop, _create in indexes:
            run(drop, {})
        for first in range(1, people + 1, _AT_ONCE):
            last = min(people, first + _AT_ONCE - 1)
            for statement in _statements(engine.dialect.name):
                run(statement, constants | {"first": first, "last": last})
        for _drop, create in indexes:
            run(create, {})
        if engine.dialect.name == "postgresql":
            for table in _SEQUENCES:
                run(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                    f" (SELECT max(id) FROM {table}))",
                    {},
                )


def _statements(dialect: str) -> Iterator[str]:
    password_hash = ":hash" if dialect == "sqlite" else "%(hash)s"
    return (each.format(**_WORDS[dialect], hash=password_hash) for each in _STATEMENTS)


def _index_statements(engine: Engine) -> list[tuple[str, str]]:
    """How to drop and make the indexes that are no constraints: made at the end is quicker."""
    found = MetaData()
    found.reflect(engine)
    every = [index for table in found.tables.values() for index in table.indexes]
    return [
        (
            f"DROP INDEX {index.name}",
            f"CREATE INDEX {index.name} ON {index.table.name}"
            f" ({', '.join(column.name for column in index.columns)})",
        )
        for index in every
        if not index.unique
    ]


@contextmanager
def _sqlite(engine: Engine) -> Iterator[Any]:
    """Without a journal: who is interrupted here starts anew."""
    connection = sqlite3.connect(str(engine.url.database), isolation_level=None)
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        yield connection.execute
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


@contextmanager
def _postgresql(engine: Engine) -> Iterator[Any]:
    """Without checks of foreign keys, which only a superuser may leave out."""
    url = make_url(engine.url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "maintenance_work_mem = '512MB'",
        ):
            connection.execute(f"SET {setting}")
        yield lambda statement, values: connection.execute(statement, values or None)
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
