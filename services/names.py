"""Who has which username. Come here to change how a name is taken, exchanged or given up."""

from datetime import timedelta

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from core import clock
from core.usernames import Username
from db import writing
from models import UserModel, UsernameModel


def claim(session: Session, name: Username, *, user_id: int) -> None:
    """Take a name for an account; `IntegrityError` when it, or one that looks like it, is taken."""
    # Sorted, so that two who want the same ones wait for each other in one order.
    claims = [{"skeleton": each, "user_id": user_id} for each in sorted(name.skeletons)]
    session.execute(insert(UsernameModel), claims)


def exchange(session: Session, user: UserModel, name: Username) -> None:
    """Give up the name that an account has, and take another. The old one stays reserved.

    What the account itself gave up earlier it may take back.
    """
    release(session, user.id)
    session.execute(
        delete(UsernameModel).where(
            UsernameModel.skeleton.in_(name.skeletons), UsernameModel.user_id == user.id
        )
    )
    claim(session, name, user_id=user.id)
    user.username, user.canonical_username = name.display, name.canonical


def release(session: Session, user_id: int) -> None:
    """Give up an account's name; from now on it is reserved for a time."""
    session.execute(
        update(UsernameModel)
        .where(UsernameModel.user_id == user_id, UsernameModel.released_at.is_(None))
        .values(released_at=clock.now())
    )


def free_expired(name: Username, reserved_for: timedelta) -> bool:
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
