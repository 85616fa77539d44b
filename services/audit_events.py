"""The audit trail. Come here to change how an event is kept, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session, aliased

from core import clock
from core.audit import Event
from db import Writing
from models import AuditEventModel, UserModel

_PURGED_AT_ONCE = 20
_RECORD = insert(AuditEventModel)  # built once: that costs as much as sending it


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event with today's names of who did it, and of whom it is about.

    A user who was deleted since has an id and no name.
    """

    id: int
    event: Event
    actor: dict[str, Any] | None
    user: dict[str, Any] | None
    details: dict[str, Any]
    created_at: datetime


def record(
    writing: Writing,
    event: Event,
    *,
    actor_id: int | None,
    user_id: int | None = None,
    team_id: int | None = None,
    **details: Any,
) -> None:
    """Write an event into the transaction of what it tells of. `details` hold no secret.

    `actor_id` is who did it (None: an operator), `user_id` whom it is about.
    """
    row = {
        "event": event.value,
        "actor_id": actor_id,
        "user_id": user_id,
        "team_id": team_id,
        "details": details,
    }
    writing.execute(_RECORD, row)


def list_of_team(
    session: Session, team_id: int, *, before: int | None, limit: int
) -> list[SeenEvent]:
    """Up to `limit` events of a team with an id below `before`, newest first."""
    table, actor, user = AuditEventModel, aliased(UserModel), aliased(UserModel)
    query = (
        select(table, actor.username, user.username)
        .outerjoin(actor, actor.id == table.actor_id)
        .outerjoin(user, user.id == table.user_id)
        .where(table.team_id == team_id)
        .order_by(table.id.desc())
        .limit(limit)
    )
    rows = session.execute(query.where(table.id < before) if before else query)
    return [_seen(*row) for row in rows]


def _seen(row: AuditEventModel, actor: str | None, user: str | None) -> SeenEvent:
    return SeenEvent(
        id=row.id,
        event=Event(row.event),
        actor=_named(row.actor_id, actor),
        user=_named(row.user_id, user),
        details=row.details,
        created_at=row.created_at,
    )


def _named(user_id: int | None, username: str | None) -> dict[str, Any] | None:
    return {"id": user_id, "username": username} if user_id else None


def purge_some(session: Session, kept_for: timedelta) -> None:
    """Take a few events away that are too old, so the table never grows without bound."""
    table = AuditEventModel
    old = (
        select(table.id)
        .where(table.created_at <= clock.now() - kept_for)
        .limit(_PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(table).where(table.id.in_(old)))
