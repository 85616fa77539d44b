"""Who has which username. Come here to change how a name is taken, exchanged or given up."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from core import clock, usernames
from core.usernames import Username
from db import Writing, writing
from errors import UsernameTaken
from models import UserModel, UsernameModel

_DEADLOCK_DETECTED = "40P01"  # PostgreSQL, appendix A
_PURGED_AT_ONCE = 20
_CLAIM = insert(UsernameModel)  # built once: that costs as much as sending it

Result = TypeVar("Result")


def read_tables() -> None:
    """Read what names are judged by, ahead of the first name."""
    usernames.canonical("ab")
    usernames.skeleton("ab")


def taking(name: Username, reserved_for: timedelta, work: Callable[[], Result]) -> Result:
    """Do the work that claims a name; raises `UsernameTaken` when it is somebody's.

    The unique keys are the only judge: whoever checked first could still lose the race. Only who
    lost looks whether a reservation that has run out stood in the way, and tries once more.
    """
    try:
        return work()
    except DBAPIError as error:
        if not _is_conflict(error):
            raise
        if not _free_expired(name, reserved_for):
            raise UsernameTaken from error
    try:
        return work()
    except DBAPIError as error:
        raise (UsernameTaken if _is_conflict(error) else error) from error


def _is_conflict(error: DBAPIError) -> bool:
    """A name that is taken, or two who swap their names at once and wait for each other."""
    deadlock = getattr(error.orig, "sqlstate", None) == _DEADLOCK_DETECTED
    return deadlock or isinstance(error, IntegrityError)


def claim(writing: Writing, name: Username, *, user_id: int) -> None:
    """Take a name for an account; `IntegrityError` when it, or one that looks like it, is taken."""
    # Sorted, so that two who want the same ones wait for each other in one order.
    claims = [{"skeleton": each, "user_id": user_id} for each in sorted(name.skeletons)]
    writing.execute(_CLAIM, claims)


def exchange(session: Session, user: UserModel, name: Username) -> None:
    """Give up the name that an account has, and take another. The old one stays reserved.

    What the account itself gave up earlier it may take back.
    """
    user.username, user.canonical_username = name.display, name.canonical
    session.flush()  # users before usernames, as registering does: no two wait crosswise
    release(session, user.id)
    session.execute(
        delete(UsernameModel).where(
            UsernameModel.skeleton.in_(name.skeletons), UsernameModel.user_id == user.id
        )
    )
    claim(session, name, user_id=user.id)


def purge_some(session: Session, reserved_for: timedelta) -> None:
    """Take a few reservations away that have run out, so the table never grows without bound."""
    expired = (
        select(UsernameModel.skeleton)
        .where(UsernameModel.released_at <= clock.now() - reserved_for)
        .limit(_PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(UsernameModel).where(UsernameModel.skeleton.in_(expired)))


def release(session: Session, user_id: int) -> None:
    """Give up an account's name; from now on it is reserved for a time."""
    session.execute(
        update(UsernameModel)
        .where(UsernameModel.user_id == user_id, UsernameModel.released_at.is_(None))
        .values(released_at=clock.now())
    )


def _free_expired(name: Username, reserved_for: timedelta) -> bool:
    """Whether a reservation stood in the way of this name and has run out; if so it is gone now."""
    with writing() as session:
        freed = session.scalars(
            delete(UsernameModel)
            .where(
                UsernameModel.skeleton.in_(name.skeletons),
                UsernameModel.released_at <= clock.now() - reserved_for,
            )
            .returning(UsernameModel.skeleton)
        )
        return bool(freed.all())
