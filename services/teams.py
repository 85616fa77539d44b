"""Teams. Come here to change how one is opened, read, renamed or closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import team_names
from core.audit import Event
from core.permissions import Action, Role
from db import reading, writing
from errors import InvalidInput
from models import MembershipModel, TeamModel, UserModel
from services import audit_events, quotas, team_access
from services.audit_events import SeenEvent
from services.context import Context
from services.sessions import LiveSession

SHOWN_MEMBERS = 100


@dataclass(frozen=True, slots=True)
class TeamOfOne:
    """A team as one of its members sees it: with this member's role, and its first members."""

    id: int
    name: str
    created_at: datetime
    role: Role
    users: Sequence[Any]


def create(context: Context, caller: LiveSession, *, name: str) -> TeamOfOne:
    """Open a team, owned by the caller. Raises `InvalidInput`, `QuotaReached`."""
    accepted = _acceptable_name(name)
    with writing() as session:
        user = team_access.lock_user(session, caller.user_id)
        quotas.check_teams_of(session, user.id, context.settings)
        team = TeamModel(name=accepted)
        session.add(team)
        session.flush()
        session.add(MembershipModel(team_id=team.id, user_id=user.id, role=Role.OWNER))
        audit_events.record(
            session, Event.TEAM_CREATED, actor_id=user.id, team_id=team.id, name=accepted
        )
        audit_events.purge_some(session, context.settings.audit_retention)
        return TeamOfOne(team.id, team.name, team.created_at, Role.OWNER, [user])


def read(caller: LiveSession, team_id: int) -> TeamOfOne:
    """A team of the caller's, with up to `SHOWN_MEMBERS` of its members. Raises `NotFound`."""
    with reading() as session:
        membership = team_access.check(session, team_id, caller.user_id, Action.READ_TEAM)
        return _seen_by(session, membership)


def list_own(caller: LiveSession, *, after: int, limit: int) -> Sequence[Any]:
    """Up to `limit` teams of the caller's with an id above `after`, with the caller's role."""
    query = (
        select(TeamModel.id, TeamModel.name, TeamModel.created_at, MembershipModel.role)
        .join(MembershipModel, MembershipModel.team_id == TeamModel.id)
        .where(MembershipModel.user_id == caller.user_id, TeamModel.id > after)
        .order_by(TeamModel.id)
        .limit(limit)
    )
    with reading() as session:
        return session.execute(query).all()


def change(caller: LiveSession, team_id: int, changes: dict[str, Any]) -> TeamOfOne:
    """Change the `name`, if it is there. Raises `NotFound`, `NotAllowed`, `InvalidInput`."""
    name = _acceptable_name(changes["name"]) if "name" in changes else None
    with writing() as session:
        team = team_access.check_locked(session, team_id, caller.user_id, Action.RENAME_TEAM)
        if name and name != team.name:
            audit_events.record(
                session,
                Event.TEAM_RENAMED,
                actor_id=caller.user_id,
                team_id=team_id,
                old_name=team.name,
                name=name,
            )
            team.name = name
        membership = team_access.check(session, team_id, caller.user_id, Action.READ_TEAM)
        return _seen_by(session, membership)


def delete(caller: LiveSession, team_id: int) -> None:
    """Close a team, with its memberships and invitations. Raises `NotFound`, `NotAllowed`."""
    with writing() as session:
        team = team_access.check_locked(session, team_id, caller.user_id, Action.DELETE_TEAM)
        close(session, team, actor_id=caller.user_id)


def close(session: Session, team: TeamModel, *, actor_id: int) -> None:
    """In the transaction that is open: close a team whose row is locked."""
    audit_events.record(
        session, Event.TEAM_DELETED, actor_id=actor_id, team_id=team.id, name=team.name
    )
    session.delete(team)
    session.flush()


def list_events(
    caller: LiveSession, team_id: int, *, before: int | None, limit: int
) -> list[SeenEvent]:
    """Up to `limit` events with an id below `before`, newest first.

    Raises `NotFound`, `NotAllowed`.
    """
    with reading() as session:
        team_access.check(session, team_id, caller.user_id, Action.READ_EVENTS)
        return audit_events.list_of_team(session, team_id, before=before, limit=limit)


def _seen_by(session: Session, membership: MembershipModel) -> TeamOfOne:
    team = session.get_one(TeamModel, membership.team_id)
    users = (
        select(UserModel.id, UserModel.username)
        .join(MembershipModel, MembershipModel.user_id == UserModel.id)
        .where(MembershipModel.team_id == team.id)
        .order_by(UserModel.id)
        .limit(SHOWN_MEMBERS)
    )
    shown = session.execute(users).all()
    return TeamOfOne(team.id, team.name, team.created_at, membership.role, shown)


def _acceptable_name(typed: str) -> str:
    try:
        return team_names.parse(typed)
    except team_names.TeamNameRefused as reason:
        raise InvalidInput.of_field("name", str(reason)) from reason
