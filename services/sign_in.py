"""Signing in. Come here to change what `POST /login` does."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core import passwords, usernames
from db import reading, writing
from errors import InvalidCredentials
from models import UserModel
from services import sessions
from services.context import Context


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What an access token says about a sign-in."""

    user_id: int
    session_id: int
    authenticated_at: datetime


def sign_in(context: Context, *, username: str, password: str) -> SignedIn:
    """Begin a session for whoever knows the password.

    Raises `InvalidCredentials`, after the same work, whatever is wrong; `Overloaded` when too
    many passwords wait.
    """
    user = _find_by_name(username)
    secret = passwords.normalize(password)
    known = context.hasher.verify(secret, user.password_hash if user else None)
    if user is None or not known:
        raise InvalidCredentials
    with writing() as session:
        row = sessions.begin(session, user_id=user.id)
        session.flush()
        return SignedIn(user.id, row.id, row.created_at)


def _find_by_name(typed: str) -> UserModel | None:
    query = select(UserModel).where(UserModel.canonical_username == usernames.canonical(typed))
    with reading() as session:
        return session.scalar(query)
