"""Sessions: one per sign-in. Come here to change when one begins, counts as alive, or ends."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core import clock
from core.tokens import REFRESH_IDLE_LIFETIME, SESSION_LIFETIME, RefreshToken
from db import reading, writing
from errors import NotFound
from models import UserModel, UserSessionModel

_USE_IS_NOTED_EVERY = timedelta(minutes=1)
_PURGED_AT_ONCE = 20
_log = logging.getLogger("muster")


@dataclass(frozen=True, slots=True)
class Client:
    """The device and the address that a request came from, as far as it tells."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that has not ended, and whose it is."""

    id: int
    user: UserModel

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


# Session and owner in one query, built once: every guarded request asks it.
_LIVE = (
    select(UserModel, UserSessionModel.expires_at, UserSessionModel.last_used_at)
    .join(UserSessionModel, UserSessionModel.user_id == UserModel.id)
    .where(
        UserSessionModel.id == bindparam("session_id"),
        UserSessionModel.user_id == bindparam("user_id"),
        UserModel.disabled_at.is_(None),
    )
)


def begin(session: Session, *, user_id: int, client: Client) -> SignedIn:
    """Add a new session to the transaction that is open; a few expired ones make room."""
    _purge_some(session)
    now, token = clock.now(), RefreshToken.new()
    row = UserSessionModel(
        user_id=user_id,
        user_agent=client.user_agent,
        address=client.address,
        created_at=now,
        last_used_at=now,
        expires_at=now + REFRESH_IDLE_LIFETIME,
        refresh_family=token.family_digest,
        refresh_digest=token.digest,
    )
    session.add(row)
    session.flush()
    return SignedIn(user_id, row.id, now, token, fresh=True)


def find_live(*, session_id: int, user_id: int) -> LiveSession | None:
    """The session, if it is this user's and neither ended nor expired. Notes that it is used."""
    now = clock.now()
    with reading() as session:
        found = session.execute(_LIVE, {"session_id": session_id, "user_id": user_id})
        row = found.one_or_none()
    if row is None or row.expires_at <= now:
        return None
    if now - row.last_used_at >= _USE_IS_NOTED_EVERY:
        _note_use(session_id, now)
    return LiveSession(session_id, row.UserModel)


def _note_use(session_id: int, now: datetime) -> None:
    """Note it, unless a request beside this one just did. No reader fails for want of a note."""
    table = UserSessionModel
    due = table.last_used_at <= now - _USE_IS_NOTED_EVERY
    try:
        with writing() as session:
            session.execute(
                update(table).where(table.id == session_id, due).values(last_used_at=now)
            )
    except OperationalError as error:
        _log.warning("the use of a session was not noted", exc_info=error)


def list_live(user_id: int, *, after: int, limit: int) -> list[UserSessionModel]:
    """Up to `limit` live sessions of a user with an id above `after`, oldest first."""
    table = UserSessionModel
    query = (
        select(table)
        .where(table.user_id == user_id, table.expires_at > clock.now(), table.id > after)
        .order_by(table.id)
        .limit(limit)
    )
    with reading() as session:
        return list(session.scalars(query))


def end(*, session_id: int, user_id: int) -> None:
    """End one session of this user; raises `NotFound` for one that is not theirs."""
    table = UserSessionModel
    with writing() as session:
        ended = session.scalar(
            delete(table)
            .where(table.id == session_id, table.user_id == user_id)
            .returning(table.id)
        )
        if ended is None:
            raise NotFound


def sign_out(current: LiveSession) -> None:
    """End the current session; that somebody else just ended it is as good."""
    with writing() as session:
        session.execute(delete(UserSessionModel).where(UserSessionModel.id == current.id))


def end_others(current: LiveSession) -> None:
    """End all sessions of this user but the current one."""
    with writing() as session:
        delete_others(session, user_id=current.user_id, keep=current.id)


def delete_others(session: Session, *, user_id: int, keep: int | None) -> None:
    """In the transaction that is open: end all sessions of a user, but one."""
    table = UserSessionModel
    session.execute(delete(table).where(table.user_id == user_id, table.id != (keep or 0)))


def extend(row: UserSessionModel) -> None:
    """A refresh keeps a session alive for 30 days more, 90 days in all."""
    row.expires_at = min(clock.now() + REFRESH_IDLE_LIFETIME, row.created_at + SESSION_LIFETIME)


def _purge_some(session: Session) -> None:
    """Each sign-in takes a few expired sessions away, so the table never grows without bound."""
    table = UserSessionModel
    expired = (
        select(table.id)
        .where(table.expires_at <= clock.now())
        .limit(_PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)  # PostgreSQL: do not queue behind another sign-in
    )
    session.execute(delete(table).where(table.id.in_(expired)))
