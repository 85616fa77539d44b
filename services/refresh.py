"""Staying signed in. Come here to change what `POST /refresh` does.

A refresh token is used once and replaced (RFC 9700, section 4.14.2). One that comes a second time
was stolen, or its answer was lost: docs/decisions/0006-refresh-tokens.md says how they are told
apart.
"""

import secrets

from sqlalchemy import Connection, bindparam, delete, select, update

from core import clock
from core.audit import Event
from core.tokens import CLOCKS_APART, REPEAT_WINDOW, RefreshToken
from db import AnyRow, transaction
from errors import InvalidToken
from models import UserSessionModel
from services import attempts, audit_events, sessions
from services.sessions import Client, SignedIn

# Built once: that costs as much as sending one.
_OF_FAMILY = (
    select(
        UserSessionModel.id,
        UserSessionModel.user_id,
        UserSessionModel.user_agent,
        UserSessionModel.created_at,
        UserSessionModel.expires_at,
        UserSessionModel.refresh_digest,
        UserSessionModel.used_refresh_digest,
        UserSessionModel.refresh_seed,
        UserSessionModel.refreshed_at,
    )
    .where(UserSessionModel.refresh_family == bindparam("family"))
    .with_for_update()
)
_THIS = UserSessionModel.id == bindparam("session_id")
_ROTATE = update(UserSessionModel).where(_THIS)
_END = delete(UserSessionModel).where(_THIS)


def refresh(*, refresh_token: str, client: Client) -> SignedIn:
    """Replace a refresh token. Raises `InvalidToken`; a replayed token ends its session first."""
    token = RefreshToken.parse(refresh_token)
    if token is None:
        attempts.note(attempts.REFRESH_TOKEN, attempts.UNKNOWN_TOKEN)
        raise InvalidToken
    with transaction() as connection:
        row = connection.execute(_OF_FAMILY, {"family": token.family_digest}).one_or_none()
        successor = _successor(connection, row, token, client) if row else None
        if row and successor is None:
            _end(connection, row, token)
    _note(row, successor, token)
    if row is None or successor is None:
        raise InvalidToken
    return SignedIn(row.user_id, row.id, row.created_at, successor, fresh=False)


def _note(row: AnyRow | None, successor: RefreshToken | None, token: RefreshToken) -> None:
    if row is None:
        attempts.note(attempts.REFRESH_TOKEN, attempts.UNKNOWN_TOKEN)
        return
    if successor:
        outcome = attempts.SUCCEEDED
    else:
        outcome = attempts.EXPIRED if token.has(row.refresh_digest) else attempts.REPLAYED
    attempts.note(attempts.REFRESH_TOKEN, outcome, user_id=row.user_id, session_id=row.id)


def _end(connection: Connection, row: AnyRow, token: RefreshToken) -> None:
    """End a session that has expired, or whose token came again: one of two holders stole it."""
    connection.execute(_END, {"session_id": row.id})
    if not token.has(row.refresh_digest):
        replayed = Event.REFRESH_TOKEN_REPLAYED
        audit_events.record(connection, replayed, actor_id=None, user_id=row.user_id)


def _successor(
    connection: Connection, row: AnyRow, token: RefreshToken, client: Client
) -> RefreshToken | None:
    """The token that follows; None when the session has to end."""
    if row.expires_at <= clock.now():
        return None
    if token.has(row.refresh_digest):
        return _rotate(connection, row, token, client)
    if _is_repeated(row, token, client) and row.refresh_seed:
        return token.successor(row.refresh_seed)
    return None


def _rotate(
    connection: Connection, row: AnyRow, token: RefreshToken, client: Client
) -> RefreshToken:
    seed, now = secrets.token_bytes(32), clock.now()
    successor = token.successor(seed)
    changes = {
        "refresh_seed": seed,
        "used_refresh_digest": token.digest,
        "refresh_digest": successor.digest,
        "refreshed_at": now,
        "last_used_at": now,
        "user_agent": client.user_agent,
        "address": client.address,
        "expires_at": sessions.extended(row.created_at),
    }
    connection.execute(_ROTATE, {"session_id": row.id} | changes)
    return successor


def _is_repeated(row: AnyRow, token: RefreshToken, client: Client) -> bool:
    """Whether the answer was lost: the same client asks again at once, and nobody used it."""
    return (
        token.has(row.used_refresh_digest)
        and row.refreshed_at is not None
        and -CLOCKS_APART <= clock.now() - row.refreshed_at <= REPEAT_WINDOW
        and client.user_agent == row.user_agent
    )
