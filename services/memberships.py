"""Who is in a team, and as what. Come here to change how a role changes, or how somebody leaves."""

from collections.abc import Sequence

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, aliased, joinedload, load_only

from core.audit import Event
from core.permissions import Action, Role
from db import reading, writing
from errors import LastOwner, NotFound
from models import MembershipModel, TeamModel, UserModel
from services import audit_events, invitations, team_access, teams
from services.sessions import LiveSession


def list_members(
    caller: LiveSession, team_id: int, *, after: int, limit: int
) -> Sequence[MembershipModel]:
    """Up to `limit` memberships of users with an id above `after`. Raises `NotFound`."""
    table = MembershipModel
    query = (
        select(table)
        .options(joinedload(table.user).options(load_only(UserModel.username)))
        .where(table.team_id == team_id, table.user_id > after)
        .order_by(table.user_id)
        .limit(limit)
    )
    with reading() as session:
        team_access.check(session, team_id, caller.user_id, Action.LIST_MEMBERS)
        return session.scalars(query).all()


def change_role(caller: LiveSession, team_id: int, user_id: int, *, role: Role) -> MembershipModel:
    """Give a member another role. Raises `NotFound`, `NotAllowed`, `LastOwner`."""
    with writing() as session:
        target = _target(session, caller, team_id, user_id, Action.CHANGE_ROLE, role)
        target.user = session.get_one(UserModel, user_id)
        if target.role != role:
            team_access.keep_an_owner(session, team_id, besides=user_id)
            set_role(session, target, role, actor_id=caller.user_id)
        return target


def remove(caller: LiveSession, team_id: int, user_id: int) -> None:
    """Take a member out of a team, or leave it. Raises `NotFound`, `NotAllowed`, `LastOwner`."""
    leaving = user_id == caller.user_id
    action = Action.LEAVE_TEAM if leaving else Action.REMOVE_MEMBER
    with writing() as session:
        target = _target(session, caller, team_id, user_id, action)
        team_access.keep_an_owner(session, team_id, besides=user_id)
        event = Event.MEMBER_LEFT if leaving else Event.MEMBER_REMOVED
        _end(session, target, event, actor_id=caller.user_id)


def set_role(session: Session, membership: MembershipModel, role: Role, *, actor_id: int) -> None:
    """In a transaction that has locked the team: change a role. What it no longer covers lapses."""
    audit_events.record(
        session,
        Event.ROLE_CHANGED,
        actor_id=actor_id,
        user_id=membership.user_id,
        team_id=membership.team_id,
        old_role=membership.role,
        role=role,
    )
    membership.role = role
    invitations.lapse_with_role(session, membership, actor_id=actor_id)


def leave_all(session: Session, user_id: int) -> None:
    """Take a user, whose row is locked, out of all teams; close those with nobody else in them.

    Raises `LastOwner`, naming them, when teams with other members would be without an owner.
    """
    locked = {team.id: team for team in session.scalars(_teams_of(user_id))}
    ownerless = []
    # This statement sees what others did while their teams were being locked.
    for membership, others, owners in session.execute(_with_others(user_id)).all():
        team = locked[membership.team_id]
        if others == 0:
            teams.close(session, team, actor_id=user_id)
        elif owners == 0:
            ownerless.append(team)
        else:
            _end(session, membership, Event.MEMBER_LEFT, actor_id=user_id)
    if ownerless:
        names = ", ".join(team.name for team in ownerless)
        raise LastOwner(
            f"You are the last owner of {names}. Hand the ownership over, or delete the team.",
            errors={"teams": [{"id": team.id, "name": team.name} for team in ownerless]},
        )


def _target(
    session: Session,
    caller: LiveSession,
    team_id: int,
    user_id: int,
    action: Action,
    *roles: Role,
) -> MembershipModel:
    """Lock the team, and return the membership that the caller may do this to."""
    team_access.lock_team(session, team_id)
    target = team_access.find(session, team_id, user_id)
    over = (target.role, *roles) if target and user_id != caller.user_id else roles
    team_access.check(session, team_id, caller.user_id, action, over=over)
    if target is None:
        raise NotFound
    return target


def _end(session: Session, membership: MembershipModel, event: Event, *, actor_id: int) -> None:
    team_id, user_id = membership.team_id, membership.user_id
    audit_events.record(session, event, actor_id=actor_id, user_id=user_id, team_id=team_id)
    invitations.lapse_with_membership(session, membership, actor_id=actor_id)
    session.delete(membership)
    session.flush()


def _teams_of(user_id: int) -> Select[TeamModel]:
    """The teams of a user, locked in the order of their ids."""
    own = select(MembershipModel.team_id).where(MembershipModel.user_id == user_id)
    query = select(TeamModel).where(TeamModel.id.in_(own)).order_by(TeamModel.id)
    return query.with_for_update()


def _with_others(user_id: int) -> Select[MembershipModel, int, int]:
    """A user's memberships, each with the count of the team's other members and other owners."""
    own, other = MembershipModel, aliased(MembershipModel)
    is_owner = case((other.role == Role.OWNER, 1), else_=0)
    return (
        select(own, func.count(other.user_id), func.coalesce(func.sum(is_owner), 0))
        .outerjoin(other, (other.team_id == own.team_id) & (other.user_id != own.user_id))
        .where(own.user_id == user_id)
        .group_by(own.team_id, own.user_id)
        .order_by(own.team_id)
    )
