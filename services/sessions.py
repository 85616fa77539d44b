"""Sessions: one per sign-in. Come here to change when one begins and when it counts as alive."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from db import reading
from models import UserSessionModel

ABSOLUTE_LIFETIME = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that has not ended, and whose it is."""

    id: int
    user_id: int


def begin(session: Session, *, user_id: int) -> UserSessionModel:
    """Add a new session to the transaction that is open."""
    now = clock.now()
    row = UserSessionModel(user_id=user_id, created_at=now, expires_at=now + ABSOLUTE_LIFETIME)
    session.add(row)
    return row


def find_live(*, session_id: int, user_id: int) -> LiveSession | None:
    """The session, if it is this user's and neither ended nor expired."""
    query = select(UserSessionModel.expires_at).where(
        UserSessionModel.id == session_id, UserSessionModel.user_id == user_id
    )
    with reading() as session:
        expires_at = session.scalar(query)
    if expires_at is None or expires_at <= clock.now():
        return None
    return LiveSession(session_id, user_id)
