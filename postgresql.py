"""PostgreSQL's connections. Come here to change how long one may be silent."""

from typing import Any

import psycopg
from sqlalchemy import Dialect

_ANSWERS_WITHIN = 12  # seconds; a little more than db.py lets a statement take


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is given up when nothing comes back.

    The limits that the server keeps are none when it is the server that hangs, or the network.
    """

    answers_within: float | None = _ANSWERS_WITHIN

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """As psycopg's; closes the connection when it raises for want of an answer."""
        try:
            return super().wait(gen, interval, timeout or self.answers_within)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.close()
            raise


def connect(
    _dialect: Dialect, _record: Any, given: tuple[Any, ...], named: dict[str, Any]
) -> BoundedConnection:
    """What SQLAlchemy calls for a new connection (its event `do_connect`)."""
    return BoundedConnection.connect(*given, **named)
