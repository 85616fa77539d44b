"""Staying signed in. Come here to change what `POST /refresh` does.

A refresh token is used once and replaced (RFC 9700, section 4.14.2). One that comes a second time
was stolen, or its answer was lost: docs/decisions/0006-refresh-tokens.md says how they are told
apart.
"""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.audit import Event
from core.tokens import REPEAT_WINDOW, RefreshToken
from db import writing
from errors import InvalidToken
from models import UserSessionModel
from services import audit_events, sessions
from services.sessions import Client, SignedIn


def refresh(*, refresh_token: str, client: Client) -> SignedIn:
    """Replace a refresh token. Raises `InvalidToken`; a replayed token ends its session first."""
    token = RefreshToken.parse(refresh_token)
    if token is None:
        raise InvalidToken
    query = (
        select(UserSessionModel)
        .where(UserSessionModel.refresh_family == token.family_digest)
        .with_for_update()
    )
    with writing() as session:
        row = session.scalar(query)
        successor = _successor(row, token, client) if row else None
        if row and successor is None:
            _end(session, row, token)
    if row is None or successor is None:
        raise InvalidToken
    return SignedIn(row.user_id, row.id, row.created_at, successor, fresh=False)


def _end(session: Session, row: UserSessionModel, token: RefreshToken) -> None:
    """End a session that has expired, or whose token came again: one of two holders stole it."""
    session.delete(row)
    if token.digest != row.refresh_digest:
        replayed = Event.REFRESH_TOKEN_REPLAYED
        audit_events.record(session, replayed, actor_id=None, user_id=row.user_id)


def _successor(row: UserSessionModel, token: RefreshToken, client: Client) -> RefreshToken | None:
    """The token that follows; None when the session has to end."""
    if row.expires_at <= clock.now():
        return None
    if token.digest == row.refresh_digest:
        return _rotate(row, token, client)
    if _is_repeated(row, token, client) and row.refresh_seed:
        return token.successor(row.refresh_seed)
    return None


def _rotate(row: UserSessionModel, token: RefreshToken, client: Client) -> RefreshToken:
    row.refresh_seed = secrets.token_bytes(32)
    successor = token.successor(row.refresh_seed)
    row.used_refresh_digest, row.refresh_digest = token.digest, successor.digest
    row.refreshed_at = row.last_used_at = clock.now()
    row.user_agent, row.address = client.user_agent, client.address
    sessions.extend(row)
    return successor


def _is_repeated(row: UserSessionModel, token: RefreshToken, client: Client) -> bool:
    """Whether the answer was lost: the same client asks again at once, and nobody used it."""
    return (
        token.digest == row.used_refresh_digest
        and row.refreshed_at is not None
        and clock.now() - row.refreshed_at <= REPEAT_WINDOW
        and client.user_agent == row.user_agent
    )
