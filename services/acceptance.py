"""Invitations as who is invited sees them. Come here to change how one is accepted or declined."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, joinedload, load_only

from config import Settings
from core import clock
from core.audit import Event
from core.permissions import Role, outranks
from db import reading, writing
from errors import AlreadyMember, InvitationNotFound
from models import InvitationModel, MembershipModel, TeamModel, UserModel
from services import audit_events, invitations, memberships, quotas, team_access
from services.context import Context
from services.sessions import LiveSession


@dataclass(frozen=True, slots=True)
class Joined:
    """A membership, as who accepted an invitation sees it."""

    team: TeamModel
    user: UserModel
    role: Role
    joined_at: datetime


def list_own(caller: LiveSession, *, after: int, limit: int) -> Sequence[InvitationModel]:
    """Up to `limit` open invitations of the caller with an id above `after`."""
    table = InvitationModel
    inviter = joinedload(table.inviter).options(load_only(UserModel.id, UserModel.username))
    query = (
        select(table)
        .options(joinedload(table.team), inviter)
        .where(_is_open(), invitations.addressed_to(caller.user_id), table.id > after)
        .order_by(table.id)
        .limit(limit)
    )
    with reading() as session:
        return session.scalars(query).all()


def accept(context: Context, caller: LiveSession, invitation_id: int) -> Joined:
    """Accept an invitation to the caller's name or confirmed e-mail address.

    Raises `InvitationNotFound`, `AlreadyMember`, `QuotaReached`.
    """
    addressed = invitations.addressed_to(caller.user_id)
    return _accept(context, caller, (InvitationModel.id == invitation_id) & addressed)


def accept_link(context: Context, caller: LiveSession, *, token: str) -> Joined:
    """Accept the invitation that is a link with this token. Raises as `accept` does."""
    return _accept(context, caller, InvitationModel.token_digest == invitations.digest(token))


def decline(caller: LiveSession, invitation_id: int) -> None:
    """Decline an invitation to the caller. Raises `InvitationNotFound`."""
    table = InvitationModel
    own = _is_open() & invitations.addressed_to(caller.user_id) & (table.id == invitation_id)
    with writing() as session:
        team_access.lock_user(session, caller.user_id)  # as accepting does: it is one or the other
        declined = session.execute(delete(table).where(own).returning(table.team_id, table.role))
        row = declined.one_or_none()
        if row is None:
            raise InvitationNotFound
        audit_events.record(
            session,
            Event.INVITATION_DECLINED,
            actor_id=caller.user_id,
            user_id=caller.user_id,
            team_id=row.team_id,
            invitation_id=invitation_id,
            role=row.role,
        )


def _is_open() -> ColumnElement[bool]:
    return InvitationModel.expires_at > clock.now()


def _accept(context: Context, caller: LiveSession, wanted: ColumnElement[bool]) -> Joined:
    with writing() as session:
        user = team_access.lock_user(session, caller.user_id)
        team, invitation = _lock(session, wanted & _is_open())
        session.delete(invitation)  # single use: whoever waits for the lock finds none
        session.flush()
        membership = _join(session, context.settings, invitation, user)
        if invitation.transfer:
            _hand_over(session, invitation)
        _delete_outdone(session, membership)
        return Joined(team, user, membership.role, membership.joined_at)


def _lock(session: Session, wanted: ColumnElement[bool]) -> tuple[TeamModel, InvitationModel]:
    """Lock the team, and then look whether the invitation is still there."""
    team_id = session.scalar(select(InvitationModel.team_id).where(wanted))
    team = team_access.lock_team(session, team_id) if team_id else None
    invitation = session.scalar(select(InvitationModel).where(wanted)) if team else None
    if team is None or invitation is None:
        raise InvitationNotFound
    return team, invitation


def _join(
    session: Session, settings: Settings, invitation: InvitationModel, user: UserModel
) -> MembershipModel:
    """Make a membership of an invitation, or raise the role of the one that there is."""
    team_id, role = invitation.team_id, invitation.role
    membership = team_access.find(session, team_id, user.id)
    if membership is None:
        new = MembershipModel(team_id=team_id, user_id=user.id, role=role)
        return _enter(session, settings, new)
    if not outranks(role, membership.role):
        raise AlreadyMember
    memberships.set_role(session, membership, role, actor_id=user.id)
    return membership


def _enter(session: Session, settings: Settings, membership: MembershipModel) -> MembershipModel:
    team_id, user_id = membership.team_id, membership.user_id
    quotas.check_teams_of(session, user_id, settings)
    quotas.check_members_of(session, team_id, settings)
    session.add(membership)
    session.flush()
    audit_events.record(
        session,
        Event.MEMBER_JOINED,
        actor_id=user_id,
        user_id=user_id,
        team_id=team_id,
        role=membership.role,
    )
    return membership


def _hand_over(session: Session, invitation: InvitationModel) -> None:
    """Who handed the ownership over is an admin from now on, in the same transaction."""
    offerer = team_access.find(session, invitation.team_id, invitation.inviter_id)
    if offerer:
        memberships.set_role(session, offerer, Role.ADMIN, actor_id=invitation.inviter_id)


def _delete_outdone(session: Session, membership: MembershipModel) -> None:
    """What else the same person was offered in this team, unless it would raise the role."""
    roles = [role for role in Role if not outranks(role, membership.role)]
    session.execute(
        delete(InvitationModel).where(
            InvitationModel.team_id == membership.team_id,
            invitations.addressed_to(membership.user_id),
            InvitationModel.role.in_(roles),
        )
    )
