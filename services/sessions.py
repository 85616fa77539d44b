"""Sessions: one per sign-in. Come here to change when one begins, counts as alive, or ends."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import call

from sqlalchemy import bindparam, delete, exists, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from core import clock
from core.tokens import REFRESH_IDLE_LIFETIME, SESSION_LIFETIME, RefreshToken
from db import AnyRow, Writing, fetch, transaction
from errors import NotFound
from models import MembershipModel, UserModel, UserSessionModel

_USE_IS_NOTED_EVERY = timedelta(minutes=1)
_PURGED_AT_ONCE = 20
_log = logging.getLogger("muster")

Later = Callable[[Callable[[], None]], object]
_being_noted: set[int] = set()  # while it waits, the next requests need not note the same


@dataclass(frozen=True, slots=True)
class Client:
    """The device and the address that a request came from, as far as it tells."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a session is."""

    id: int
    username: str
    email: str | None
    verified_email: str | None
    created_at: datetime
    in_teams: bool


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that has not ended, and whose it is."""

    id: int
    user: Owner

    @property
    def user_id(self) -> int:
        """The id of whose it is."""
        return self.user.id


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What tokens are made of. `fresh`: from a sign-in, not from a refresh."""

    user_id: int
    session_id: int
    authenticated_at: datetime
    refresh_token: RefreshToken
    fresh: bool


# Statements are built once, at import: that costs as much as sending one. `_LIVE` reads session and
# owner at once, for every guarded request.
_LIVE = (
    select(
        UserModel.id,
        UserModel.username,
        UserModel.email,
        UserModel.verified_email,
        UserModel.created_at,
        # Asked along, so that `GET /me` looks for teams only where there are any.
        exists().where(MembershipModel.user_id == UserModel.id),
        UserSessionModel.expires_at,
        UserSessionModel.last_used_at,
    )
    .join(UserSessionModel, UserSessionModel.user_id == UserModel.id)
    .where(
        UserSessionModel.id == bindparam("session_id"),
        UserSessionModel.user_id == bindparam("user_id"),
        UserModel.disabled_at.is_(None),
    )
)
_NOTE_USE = (
    update(UserSessionModel)
    .where(
        UserSessionModel.id == bindparam("session_id"),
        UserSessionModel.last_used_at <= bindparam("due"),
    )
    .values(last_used_at=bindparam("now"))
)
_LIST_LIVE = (
    select(
        UserSessionModel.id,
        UserSessionModel.user_agent,
        UserSessionModel.address,
        UserSessionModel.created_at,
        UserSessionModel.last_used_at,
    )
    .where(
        UserSessionModel.user_id == bindparam("user_id"),
        UserSessionModel.expires_at > bindparam("now"),
        UserSessionModel.id > bindparam("after"),
    )
    .order_by(UserSessionModel.id)
    .limit(bindparam("limit"))
)
_BEGIN = insert(UserSessionModel).returning(UserSessionModel.id)
_END_OTHERS = delete(UserSessionModel).where(
    UserSessionModel.user_id == bindparam("user_id"), UserSessionModel.id != bindparam("keep")
)
# PostgreSQL: a sign-in does not queue behind another one that purges.
_PURGE_SOME = delete(UserSessionModel).where(
    UserSessionModel.id.in_(
        select(UserSessionModel.id)
        .where(UserSessionModel.expires_at <= bindparam("now"))
        .limit(_PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
)


def begin(writing: Writing, *, user_id: int, client: Client) -> SignedIn:
    """Add a new session to the transaction that is open; a few expired ones make room."""
    now, token = clock.now(), RefreshToken.new()
    # Each sign-in takes a few expired sessions away, so the table never grows without bound.
    writing.execute(_PURGE_SOME, {"now": now})
    row = {
        "user_id": user_id,
        "user_agent": client.user_agent,
        "address": client.address,
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + REFRESH_IDLE_LIFETIME,
        "refresh_family": token.family_digest,
        "refresh_digest": token.digest,
    }
    session_id: int = writing.execute(_BEGIN, row).scalar_one()
    return SignedIn(user_id, session_id, now, token, fresh=True)


def find_live(session_id: int, *, user_id: int, later: Later = call) -> LiveSession | None:
    """The session, if it is this user's and neither ended nor expired. Notes that it is used.

    The note is written by `later`: a reader need not wait for the lock of those who write.
    """
    now = clock.now()
    found = fetch(_LIVE, session_id=session_id, user_id=user_id)
    if not found:
        return None
    *owner, expires_at, last_used_at = found[0]
    if expires_at <= now:
        return None
    if now - last_used_at >= _USE_IS_NOTED_EVERY and session_id not in _being_noted:
        _being_noted.add(session_id)
        later(partial(_note_use, session_id, now))
    return LiveSession(session_id, Owner(*owner))


def _note_use(session_id: int, now: datetime) -> None:
    """Note it, unless a request beside this one just did. No reader fails for want of a note."""
    due = now - _USE_IS_NOTED_EVERY
    try:
        with transaction() as connection:
            connection.execute(_NOTE_USE, {"session_id": session_id, "due": due, "now": now})
    except SQLAlchemyError as error:
        _log.warning("the use of a session was not noted", exc_info=error)
    finally:
        _being_noted.discard(session_id)


def list_live(user_id: int, *, after: int, limit: int) -> Sequence[AnyRow]:
    """Up to `limit` live sessions of a user with an id above `after`, oldest first."""
    return fetch(_LIST_LIVE, user_id=user_id, after=after, limit=limit, now=clock.now())


def end(*, session_id: int, user_id: int) -> None:
    """End one session of this user; raises `NotFound` for one that is not theirs."""
    table = UserSessionModel
    with transaction() as connection:
        ended = connection.scalar(
            delete(table)
            .where(table.id == session_id, table.user_id == user_id)
            .returning(table.id)
        )
        if ended is None:
            raise NotFound


def sign_out(current: LiveSession) -> None:
    """End the current session; that somebody else just ended it is as good."""
    with transaction() as connection:
        drop(connection, current)


def drop(writing: Writing, current: LiveSession) -> None:
    """In the transaction that is open: end a session."""
    writing.execute(delete(UserSessionModel).where(UserSessionModel.id == current.id))


def end_others(current: LiveSession) -> None:
    """End all sessions of this user but the current one."""
    with transaction() as connection:
        delete_others(connection, user_id=current.user_id, keep=current.id)


def delete_others(writing: Writing, *, user_id: int, keep: int | None) -> None:
    """In the transaction that is open: end all sessions of a user, but one."""
    writing.execute(_END_OTHERS, {"user_id": user_id, "keep": keep or 0})


def extended(created_at: datetime) -> datetime:
    """When a session ends that is refreshed now: 30 days later, 90 days old at the most."""
    return min(clock.now() + REFRESH_IDLE_LIFETIME, created_at + SESSION_LIFETIME)
