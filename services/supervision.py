"""What operators do to accounts. Come here to change how one is disabled or unlocked."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, email_addresses, usernames
from core.audit import Event
from db import writing
from errors import EmailTaken, NotFound
from models import UserModel
from services import audit_events, sessions


def disable(username: str) -> None:
    """Keep an account out from now on: all its sessions end. Raises `NotFound`."""
    with writing() as session:
        user = _find(session, username)
        user.disabled_at = clock.now()
        # The row is locked before the sessions go: a sign-in that comes in between is refused.
        session.flush()
        sessions.delete_others(session, user_id=user.id, keep=None)
        _record(session, Event.USER_DISABLED, user)


def enable(username: str) -> None:
    """Let a disabled account in again. Raises `NotFound`."""
    with writing() as session:
        user = _find(session, username)
        user.disabled_at = None
        _record(session, Event.USER_ENABLED, user)


def unlock(username: str) -> None:
    """Forget the wrong passwords of strangers, the hard stop included. Raises `NotFound`."""
    with writing() as session:
        user = _find(session, username)
        user.failures, user.blocked_until = 0, None
        _record(session, Event.USER_UNLOCKED, user)


def verify_email(username: str) -> None:
    """Vouch for the e-mail address of an account, as if its owner had confirmed it.

    Raises `NotFound` for an account that is not there or has none, `EmailTaken` for an address
    that counts for another account.
    """
    try:
        with writing() as session:
            user = _find(session, username)
            if user.email is None:
                raise NotFound("The user has no e-mail address.")
            user.verified_email = email_addresses.canonical(user.email)
            _record(session, Event.EMAIL_VERIFIED, user)
    except IntegrityError as error:
        raise EmailTaken from error


def _record(session: Session, event: Event, user: UserModel) -> None:
    audit_events.record(session, event, actor_id=None, user_id=user.id)


def _find(session: Session, username: str) -> UserModel:
    user = session.scalar(
        select(UserModel).where(UserModel.canonical_username == usernames.canonical(username))
    )
    if user is None:
        raise NotFound("There is no such user.")
    return user
