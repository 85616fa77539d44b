"""Invitations as a team sees them. Come here to change how somebody is invited."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, load_only

from core import clock, email_addresses, usernames
from core.audit import Event
from core.permissions import MANAGES, Action, Role, may, outranks
from db import reading, writing
from errors import (
    AlreadyInvited,
    AlreadyMember,
    InvalidInput,
    InvalidToken,
    InvitationNotFound,
)
from models import InvitationModel, MembershipModel, UserModel
from services import audit_events, quotas, team_access
from services.context import Context
from services.sessions import LiveSession

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation offers, and to whom; without an addressee it is a link.

    With `transfer` the inviter hands the ownership over, and becomes admin.
    """

    role: Role
    username: str | None = None
    email: str | None = None
    transfer: bool = False


def invite(
    context: Context, caller: LiveSession, team_id: int, offer: Offer
) -> tuple[InvitationModel, str | None]:
    """Offer a membership. The token of a link comes back, too, for only its digest is kept.

    Raises `NotFound`, `NotAllowed`, `InvalidInput` for a username that nobody has,
    `AlreadyMember`, `AlreadyInvited`, `QuotaReached`.
    """
    is_link = offer.username is None and offer.email is None
    token = token_urlsafe(_TOKEN_BYTES) if is_link else None
    with writing() as session:
        inviter, invitee = _lock_people(session, caller, offer.username)
        team_access.lock_team(session, team_id)
        over = (offer.role,)
        team_access.check(session, team_id, inviter.id, Action.INVITE, over=over)
        if offer.username is not None and invitee is None:
            raise InvalidInput.of_field("username", "There is no such user.")
        if invitee:
            _check_raises(session, team_id, invitee.id, offer.role)
        _delete_expired(session, team_id)
        quotas.check_invitations_of(session, team_id, context.settings)
        invitation = InvitationModel(
            team_id=team_id,
            inviter=inviter,
            user=invitee,
            email=email_addresses.canonical(offer.email) if offer.email else None,
            token_digest=digest(token) if token else None,
            role=offer.role,
            transfer=offer.transfer,
            expires_at=clock.now() + context.settings.invitation_lifetime,
        )
        _add(session, invitation)
        audit_events.purge_some(session, context.settings.audit_retention)
        return invitation, token


def digest(token: str) -> str:
    """What is kept of a link's token."""
    return sha256(token.encode()).hexdigest()


def list_open(
    caller: LiveSession, team_id: int, *, after: int, limit: int
) -> Sequence[InvitationModel]:
    """Up to `limit` open invitations with an id above `after`. Raises `NotFound`, `NotAllowed`."""
    table = InvitationModel
    names = load_only(UserModel.id, UserModel.username)
    query = (
        select(table)
        .options(joinedload(table.user).options(names), joinedload(table.inviter).options(names))
        .where(table.team_id == team_id, table.expires_at > clock.now(), table.id > after)
        .order_by(table.id)
        .limit(limit)
    )
    with reading() as session:
        team_access.check(session, team_id, caller.user_id, Action.LIST_INVITATIONS)
        return session.scalars(query).all()


def revoke(caller: LiveSession, team_id: int, invitation_id: int) -> None:
    """Take an invitation back. Raises `NotFound`, `NotAllowed`, `InvitationNotFound`."""
    with writing() as session:
        team_access.lock_team(session, team_id)
        invitation = session.get(InvitationModel, invitation_id)
        if invitation and invitation.team_id != team_id:
            invitation = None
        over = (invitation.role,) if invitation else ()
        team_access.check(session, team_id, caller.user_id, Action.REVOKE_INVITATION, over=over)
        if invitation is None or invitation.expires_at <= clock.now():
            raise InvitationNotFound
        _record(session, Event.INVITATION_REVOKED, caller.user_id, invitation)
        session.delete(invitation)


def addressed_to(user_id: int) -> ColumnElement[bool]:
    """By name, or by the confirmed e-mail address. NULL, for none, is equal to nothing."""
    email = select(UserModel.verified_email).where(UserModel.id == user_id).scalar_subquery()
    return or_(InvitationModel.user_id == user_id, InvitationModel.email == email)


def lapse_with_role(session: Session, membership: MembershipModel, *, actor_id: int) -> None:
    """Take back what a member offered and, in the role that they have now, could not offer."""
    role, table = membership.role, InvitationModel
    offered = MANAGES[role] if may(role, Action.INVITE) else ()
    beyond = (table.inviter_id == membership.user_id) & table.role.not_in(offered)
    _lapse(session, membership.team_id, beyond, actor_id)


def lapse_with_membership(session: Session, membership: MembershipModel, *, actor_id: int) -> None:
    """Take back what somebody who goes had offered, and what they had been offered.

    Otherwise who is removed could come back, through a link of their own or an older offer.
    """
    user_id = membership.user_id
    theirs = (InvitationModel.inviter_id == user_id) | addressed_to(user_id)
    _lapse(session, membership.team_id, theirs, actor_id)


def _lapse(session: Session, team_id: int, condition: ColumnElement[bool], actor_id: int) -> None:
    """The team is locked, so none of them is being accepted."""
    lapsed = select(InvitationModel).where(InvitationModel.team_id == team_id, condition)
    for invitation in session.scalars(lapsed):
        _record(session, Event.INVITATION_REVOKED, actor_id, invitation)
        session.delete(invitation)
    session.flush()


def _lock_people(
    session: Session, caller: LiveSession, username: str | None
) -> tuple[UserModel, UserModel | None]:
    """Who invites, and who is invited by name: neither is deleted meanwhile."""
    invitee_id = None
    if username is not None:
        name = UserModel.canonical_username == usernames.canonical(username)
        invitee_id = session.scalar(select(UserModel.id).where(name))
    people = team_access.lock_users(session, {caller.user_id, invitee_id or caller.user_id})
    if caller.user_id not in people:
        raise InvalidToken
    return people[caller.user_id], people.get(invitee_id or 0)


def _check_raises(session: Session, team_id: int, user_id: int, role: Role) -> None:
    """Raise `AlreadyMember` for who is in the team, unless the offer would raise their role."""
    membership = team_access.find(session, team_id, user_id)
    if membership and not outranks(role, membership.role):
        raise AlreadyMember


def _delete_expired(session: Session, team_id: int) -> None:
    table = InvitationModel
    session.execute(delete(table).where(table.team_id == team_id, table.expires_at <= clock.now()))


def _add(session: Session, invitation: InvitationModel) -> None:
    """The unique keys judge whether that person is invited already."""
    session.add(invitation)
    try:
        session.flush()
    except IntegrityError as error:
        raise AlreadyInvited from error
    _record(session, Event.INVITATION_CREATED, invitation.inviter_id, invitation)


def _record(session: Session, event: Event, actor_id: int, invitation: InvitationModel) -> None:
    audit_events.record(
        session,
        event,
        actor_id=actor_id,
        user_id=invitation.user_id,
        team_id=invitation.team_id,
        invitation_id=invitation.id,
        role=invitation.role,
    )
