"""Looking people up. Come here to change what a signed-in user may read about others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import reading
from errors import NotFound
from models import MembershipModel, TeamModel, UserModel


@dataclass(frozen=True, slots=True)
class Profile:
    """A user and the teams that they are in. What others see of it, `ProfileSchema` says."""

    id: int
    username: str
    email: str | None
    email_verified: bool
    created_at: datetime
    teams: Sequence[Any] = ()

    @classmethod
    def of(cls, user: UserModel, teams: Sequence[Any] = ()) -> "Profile":
        """The profile of this account; `teams` have an `id` and a `name`."""
        verified = user.verified_email is not None
        return cls(user.id, user.username, user.email, verified, user.created_at, teams)


def of_user(user: UserModel) -> Profile:
    """The profile of an account that was just read."""
    with reading() as session:
        return Profile.of(user, _teams_by_user(session, [user.id])[user.id])


def find_user(user_id: int) -> Profile:
    """The profile of the account with this id; raises `NotFound`."""
    users = _read(UserModel.id == user_id, limit=1)
    if not users:
        raise NotFound
    return users[0]


def list_users(*, after: int, limit: int) -> list[Profile]:
    """Up to `limit` profiles with an id above `after`, in the order of their ids."""
    return _read(UserModel.id > after, limit=limit)


def _read(condition: Any, *, limit: int) -> list[Profile]:
    """Two statements, however many users and teams there are."""
    with reading() as session:
        users = session.scalars(
            select(UserModel).where(condition).order_by(UserModel.id).limit(limit)
        ).all()
        teams = _teams_by_user(session, [user.id for user in users])
        return [Profile.of(user, teams[user.id]) for user in users]


def _teams_by_user(session: Session, user_ids: Iterable[int]) -> dict[int, list[Any]]:
    table = MembershipModel
    query = (
        select(table.user_id, TeamModel.id, TeamModel.name)
        .join(TeamModel, TeamModel.id == table.team_id)
        .where(table.user_id.in_(user_ids))
        .order_by(table.user_id, TeamModel.id)
    )
    teams: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        teams[row.user_id].append(row)
    return teams
