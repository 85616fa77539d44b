"""Who may act in a team. Come here to change how a right is looked up, or what is locked.

Rights are read in the transaction that they are for, never from the token. Whatever changes who is
in a team, or who is invited, locks the team's row first, so these journeys come one after another
on PostgreSQL; on SQLite all writers do. Users' rows are locked before teams' rows, in the order of
their ids, so that no two journeys wait crosswise: docs/decisions/0010-teams.md.
"""

from collections.abc import Iterable

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from core.permissions import Action, Role, may
from errors import InvalidToken, LastOwner, NotAllowed, NotFound
from models import MembershipModel, TeamModel, UserModel


def lock_users(session: Session, user_ids: Iterable[int]) -> dict[int, UserModel]:
    """Those of these accounts that are there. None is deleted before the transaction ends."""
    query = (
        select(UserModel)
        .where(UserModel.id.in_(set(user_ids)))
        .order_by(UserModel.id)
        .with_for_update(key_share=True)
    )
    return {user.id: user for user in session.scalars(query)}


def lock_user(session: Session, user_id: int) -> UserModel:
    """The account that acts. Raises `InvalidToken` when it was deleted since the guard looked."""
    user = lock_users(session, [user_id]).get(user_id)
    if user is None:
        raise InvalidToken
    return user


def lock_team(session: Session, team_id: int) -> TeamModel | None:
    """The team, locked until the transaction ends; None when there is none."""
    return session.get(TeamModel, team_id, with_for_update=True)


def check(
    session: Session, team_id: int, user_id: int, action: Action, *, over: tuple[Role, ...] = ()
) -> MembershipModel:
    """The membership that gives a user the right to do this.

    Raises `NotFound` for who is not in the team, as if there were none, and `NotAllowed` for who
    is. `over`: the roles of those that it is done to.
    """
    membership = find(session, team_id, user_id)
    if membership is None:
        raise NotFound
    if not may(membership.role, action, over=over):
        raise NotAllowed
    return membership


def check_locked(session: Session, team_id: int, user_id: int, action: Action) -> TeamModel:
    """Lock the team for a change, and return it. Raises as `check` does."""
    team = lock_team(session, team_id)
    check(session, team_id, user_id, action)
    if team is None:
        raise NotFound
    return team


def find(session: Session, team_id: int, user_id: int) -> MembershipModel | None:
    """A membership, if there is one."""
    table = MembershipModel
    query = select(table).where(table.team_id == team_id, table.user_id == user_id)
    return session.scalar(query)


def keep_an_owner(session: Session, team_id: int, *, besides: int) -> None:
    """Raise `LastOwner` when nobody owns the team besides this user. The team is locked."""
    table = MembershipModel
    others = exists().where(
        table.team_id == team_id, table.role == Role.OWNER, table.user_id != besides
    )
    if not session.scalar(select(others)):
        raise LastOwner
