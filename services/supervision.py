"""What operators do to accounts. Come here to change how one is disabled or unlocked."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock, usernames
from db import writing
from errors import NotFound
from models import UserModel
from services import sessions


def disable(username: str) -> None:
    """Keep an account out from now on: all its sessions end. Raises `NotFound`."""
    with writing() as session:
        user = _find(session, username)
        user.disabled_at = clock.now()
        # The row is locked before the sessions go: a sign-in that comes in between is refused.
        session.flush()
        sessions.delete_others(session, user_id=user.id, keep=None)


def enable(username: str) -> None:
    """Let a disabled account in again. Raises `NotFound`."""
    with writing() as session:
        _find(session, username).disabled_at = None


def unlock(username: str) -> None:
    """Forget the wrong passwords of strangers, the hard stop included. Raises `NotFound`."""
    with writing() as session:
        user = _find(session, username)
        user.failures, user.blocked_until = 0, None


def _find(session: Session, username: str) -> UserModel:
    user = session.scalar(
        select(UserModel).where(UserModel.canonical_username == usernames.canonical(username))
    )
    if user is None:
        raise NotFound("There is no such user.")
    return user
