"""Where rate limits are counted without Redis. Come here to change how workers share the counts."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Any

from limits.storage import Storage

from db import use_wal

_PURGED_EVERY = 1000
_TABLE = """
CREATE TABLE IF NOT EXISTS counts
(key TEXT PRIMARY KEY, count INTEGER NOT NULL, expires_at REAL NOT NULL)
"""
# A time that is too far away comes from a clock that ran ahead, and would hold until then.
_IS_OVER = "expires_at <= :now OR expires_at > :expires_at + 60"
# One statement, so that two workers never count from the same number.
_ADD = f"""
INSERT INTO counts VALUES (:key, :amount, :expires_at) ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN {_IS_OVER} THEN :amount ELSE count + :amount END,
    expires_at = CASE WHEN {_IS_OVER} THEN :expires_at ELSE expires_at END
RETURNING count
"""  # noqa: S608  # the condition above, twice


class FileStorage(Storage):
    """Counts that all worker processes of a host share, in a small SQLite file.

    Losing it loses nothing but counts, so it does not wait for the disk.
    """

    STORAGE_SCHEME = ["muster-file"]
    base_exceptions = sqlite3.Error

    def __init__(self, path: Path) -> None:
        super().__init__(wrap_exceptions=True)
        self._lock = Lock()
        self._calls = 0
        path.touch(mode=0o600)
        self._path = path
        # Closed again: workers are forked from here, and SQLite does not go through a fork.
        with closing(self._connect()) as connection:
            connection.execute(_TABLE)
        self._connection: sqlite3.Connection | None = None

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count, which begins anew once its `expiry` seconds are over."""
        now = time.time()
        self._calls += 1
        if self._calls % _PURGED_EVERY == 0:
            self._execute("DELETE FROM counts WHERE expires_at <= ?", (now,))
        values = {"key": key, "amount": amount, "expires_at": now + expiry, "now": now}
        return int(self._execute(_ADD, values)[0][0])

    def get(self, key: str) -> int:
        """The count, 0 when it has expired."""
        found = self._execute(
            "SELECT count FROM counts WHERE key = ? AND expires_at > ?", (key, time.time())
        )
        return int(found[0][0]) if found else 0

    def get_expiry(self, key: str) -> float:
        """When the count expires, in seconds since the epoch."""
        found = self._execute("SELECT expires_at FROM counts WHERE key = ?", (key,))
        return float(found[0][0]) if found else time.time()

    def check(self) -> bool:
        """Whether the file can be read."""
        return bool(self._execute("SELECT 1", ()))

    def reset(self) -> int | None:
        """Forget all counts."""
        self._execute("DELETE FROM counts", ())
        return None

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._execute("DELETE FROM counts WHERE key = ?", (key,))

    def _execute(self, statement: str, values: Any) -> list[Any]:
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection.execute(statement, values).fetchall()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA busy_timeout=5000")
        use_wal(connection)
        connection.execute("PRAGMA synchronous=OFF")
        return connection
