"""One's own account. Come here to change what `/me` does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core import email_addresses, passwords
from core.audit import Event
from core.usernames import Username
from db import AnyRow, reading, writing
from errors import InvalidToken, WrongPassword
from models import UserModel, UserSessionModel
from services import (
    attempts,
    audit_events,
    guessing,
    memberships,
    names,
    profiles,
    registration,
    sessions,
)
from services.context import Context
from services.guessing import Guard
from services.profiles import Profile
from services.sessions import LiveSession, Owner


@dataclass(frozen=True, slots=True)
class OwnAccount(Profile):
    """What one sees of oneself."""

    email: str | None = None
    email_verified: bool = False
    created_at: datetime | None = None


def read(caller: LiveSession) -> OwnAccount:
    """One's own account; the guard has read all of it but the teams."""
    user = caller.user
    return _seen(user, profiles.teams_of(user.id) if user.in_teams else ())


def change(context: Context, caller: LiveSession, changes: dict[str, Any]) -> OwnAccount:
    """Change `username` or `email`, whichever is there. Raises as registering does."""
    name = None
    if "username" in changes:
        name = registration.acceptable_username(changes["username"])
    reserved_for = context.settings.username_reservation
    if name is None:
        user = _change(caller, None, changes, reserved_for)
    else:
        user = names.taking(
            name, reserved_for, lambda: _change(caller, name, changes, reserved_for)
        )
    return _seen(user, profiles.teams_of(user.id))


def _seen(user: Owner | UserModel, teams: Sequence[AnyRow]) -> OwnAccount:
    return OwnAccount(
        id=user.id,
        username=user.username,
        teams=teams,
        email=user.email,
        email_verified=user.verified_email is not None,
        created_at=user.created_at,
    )


def change_password(
    context: Context, caller: LiveSession, *, current_password: str, new_password: str
) -> None:
    """Change the password and end all other sessions.

    Raises `WrongPassword` (also, whatever was sent, while the session that asks has guessed too
    often), `InvalidInput` for a new one that the rules refuse, `Overloaded`.
    """
    secret = registration.acceptable_password(
        context,
        new_password,
        username=caller.user.username,
        email=caller.user.email,
        field="new_password",
    )
    with context.hasher.slot() as slot:
        user, guard = _guarded(caller)
        tried = None if guard.is_closed else user.password_hash
        right = slot.verify(passwords.normalize(current_password), tried)
        if guard.is_closed:
            _note(attempts.DELAYED, caller)
            raise WrongPassword
        if not right:
            guessing.count_failure(guard)
            _note(attempts.WRONG_PASSWORD, caller)
            raise WrongPassword
        password_hash = slot.hash(secret)
    with writing() as session:
        _replace_hash(session, user, password_hash, caller)
        if session.get(UserSessionModel, caller.id, with_for_update=True) is None:
            raise InvalidToken  # ended while we hashed, so it must not end the others
        sessions.delete_others(session, user_id=user.id, keep=caller.id)
        guessing.clear(session, guard)
        audit_events.record(session, Event.PASSWORD_CHANGED, actor_id=user.id, user_id=user.id)
        audit_events.purge_some(session, context.settings.audit_retention)
    _note(attempts.SUCCEEDED, caller)


def _note(outcome: str, caller: LiveSession) -> None:
    attempts.note(attempts.CURRENT_PASSWORD, outcome, user_id=caller.user_id, session_id=caller.id)


def delete_account(context: Context, caller: LiveSession) -> None:
    """Delete the caller's account with all its sessions. Its name stays reserved for a time.

    Teams with nobody else in them go with it. Raises `LastOwner`, naming them, when it is the last
    owner of others.
    """
    user_id = caller.user_id
    with writing() as session:
        # A rename ends first, and no team is joined or opened from here on.
        if session.get(UserModel, user_id, with_for_update=True) is None:
            raise InvalidToken  # deleted since the guard looked
        memberships.leave_all(session, user_id)
        names.release(session, user_id)
        session.execute(delete(UserModel).where(UserModel.id == user_id))
        audit_events.record(session, Event.USER_DELETED, actor_id=user_id, user_id=user_id)
        audit_events.purge_some(session, context.settings.audit_retention)


def _change(
    caller: LiveSession, name: Username | None, changes: dict[str, Any], reserved_for: timedelta
) -> UserModel:
    with writing() as session:
        user = session.get(UserModel, caller.user_id, with_for_update=True)
        if user is None:
            raise InvalidToken
        if name and name.display != user.username:
            names.exchange(session, user, name)
            names.purge_some(session, reserved_for)
            audit_events.record(session, Event.USERNAME_CHANGED, actor_id=user.id, user_id=user.id)
        if "email" in changes:
            _change_email(session, user, changes["email"])
        return user


def _change_email(session: Session, user: UserModel, email: str | None) -> None:
    """Another address counts for nothing until it is confirmed."""
    if email == user.email:
        return
    if email is None or email_addresses.canonical(email) != user.verified_email:
        user.verified_email = None
    user.email = email
    audit_events.record(session, Event.EMAIL_CHANGED, actor_id=user.id, user_id=user.id)


def _guarded(caller: LiveSession) -> tuple[UserModel, Guard]:
    with reading() as session:
        row = session.get(UserSessionModel, caller.id)
        if row is None:
            raise InvalidToken
        return _own(session, caller), guessing.guard_of(UserSessionModel, row)


def _own(session: Session, caller: LiveSession) -> UserModel:
    user = session.get(UserModel, caller.user_id)
    if user is None:
        raise InvalidToken  # deleted since the guard looked
    return user


def _replace_hash(
    session: Session, user: UserModel, password_hash: str, caller: LiveSession
) -> None:
    """Of two changes at once the second finds another hash than it verified, and is refused."""
    replaced = session.scalar(
        update(UserModel)
        .where(
            UserModel.id == user.id,
            UserModel.password_hash == user.password_hash,
            UserModel.disabled_at.is_(None),
        )
        .values(password_hash=password_hash, failures=0, blocked_until=None)
        .returning(UserModel.id)
    )
    if replaced is None:
        _note(attempts.WRONG_PASSWORD, caller)
        raise WrongPassword
