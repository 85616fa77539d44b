"""Guessed passwords. Come here to change how an account is guarded against them.

The count is kept in the database, so it holds in every worker and after a restart. An account's
own count is moved by strangers; whoever holds a live session of the account is judged by that
session's count instead, so that an attacker cannot lock the owner out
(docs/decisions/0007-guessing.md).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy import bindparam, delete, insert, update

from core import clock, guessing
from db import AnyRow, Writing, transaction
from models import UserModel, UsernameModel, UserSessionModel

Guarded = type[UserModel] | type[UserSessionModel]

# Built once: that costs as much as sending one.
_ADD_DECOY = insert(UsernameModel)
_DELETE_DECOY = delete(UsernameModel).where(UsernameModel.skeleton == bindparam("skeleton"))
# Counted by the database: parallel failures each count, whoever read the row first.
_COUNT = {
    table: update(table)
    .where(table.id == bindparam("row_id"))
    .values(failures=table.failures + 1)
    .returning(table.failures)
    for table in (UserModel, UserSessionModel)
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Where the failures of one guesser are counted: an account's row or a session's."""

    table: Guarded
    row_id: int
    failures: int
    blocked_until: datetime | None

    @property
    def is_closed(self) -> bool:
        """Whether not even the right password is let in."""
        if self.failures >= guessing.HARD_STOP:
            return True
        if self.blocked_until is None:
            return False
        # A delay that was set while the clock ran far ahead shall not hold until then.
        left = self.blocked_until - clock.now()
        return timedelta(0) < left <= 2 * guessing.LONGEST_DELAY


def guard_of(table: Guarded, row: AnyRow | UserSessionModel) -> Guard:
    """The count that a row of this table holds."""
    return Guard(table, row.id, row.failures, row.blocked_until)


def clear(writing: Writing, guard: Guard) -> None:
    """In the transaction that is open: forget the failures, for the password was right."""
    if guard.failures:
        table = guard.table
        writing.execute(
            update(table).where(table.id == guard.row_id).values(failures=0, blocked_until=None)
        )


def count_nothing() -> None:
    """Take the time of `count_failure` where there is nothing to count.

    A name that does not exist, a disabled or a closed account must answer no sooner than a wrong
    password does, and that one waits for the disk. So a row comes and goes, one that nobody else
    waits for: no name looks like this.
    """
    skeleton = f"decoy {token_hex(16)}"
    with transaction() as connection:
        connection.execute(_ADD_DECOY, {"skeleton": skeleton})
        connection.execute(_DELETE_DECOY, {"skeleton": skeleton})


def count_failure(guard: Guard) -> None:
    """Remember a wrong password, in a transaction of its own: the refusal comes after it."""
    table = guard.table
    with transaction() as connection:
        failures = connection.scalar(_COUNT[table], {"row_id": guard.row_id})
        delay = guessing.delay_after(failures or 0)
        if delay:
            connection.execute(
                update(table)
                .where(table.id == guard.row_id)
                .values(blocked_until=clock.now() + delay)
            )
