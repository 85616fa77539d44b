"""How many there may be. Come here to change what is counted; the numbers are settings.

Each function wants the row locked that its count depends on, so that two at once do not both find
the last place free.
"""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from config import Settings
from errors import QuotaReached
from models import InvitationModel, MembershipModel


def check_teams_of(session: Session, user_id: int, settings: Settings) -> None:
    """Raise `QuotaReached` when this user, whose row is locked, is in as many as allowed."""
    if _count(session, MembershipModel.user_id == user_id) >= settings.teams_per_user:
        raise QuotaReached("You are in as many teams as one user may be.")


def check_members_of(session: Session, team_id: int, settings: Settings) -> None:
    """Raise `QuotaReached` when this team, whose row is locked, has as many as allowed."""
    if _count(session, MembershipModel.team_id == team_id) >= settings.members_per_team:
        raise QuotaReached("The team has as many members as one may have.")


def check_invitations_of(session: Session, team_id: int, settings: Settings) -> None:
    """Raise `QuotaReached` when this team, whose row is locked, has as many open as allowed."""
    if _count(session, InvitationModel.team_id == team_id) >= settings.invitations_per_team:
        raise QuotaReached("The team has as many open invitations as one may have.")


def _count(session: Session, condition: ColumnElement[Any]) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0
