"""Looking people up. Come here to change what a signed-in user may read about others."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from db import AnyRow, fetch
from errors import NotFound
from models import MembershipModel, TeamModel, UserModel


@dataclass(frozen=True, slots=True)
class Profile:
    """What signed-in users see of each other; `teams` have an `id` and a `name`."""

    id: int
    username: str
    teams: Sequence[AnyRow] = ()


# Built once: that costs as much as sending one.
_PROFILES = select(UserModel.id, UserModel.username)
_BY_ID = _PROFILES.where(UserModel.id == bindparam("user_id"))
_PAGE = (
    _PROFILES.where(UserModel.id > bindparam("after"))
    .order_by(UserModel.id)
    .limit(bindparam("limit"))
)
_TEAMS = select(MembershipModel.user_id, TeamModel.id, TeamModel.name).join(
    TeamModel, TeamModel.id == MembershipModel.team_id
)
_TEAMS_OF_ONE = _TEAMS.where(MembershipModel.user_id == bindparam("user_id")).order_by(TeamModel.id)
_TEAMS_OF_ALL = _TEAMS.where(
    MembershipModel.user_id.in_(bindparam("user_ids", expanding=True))
).order_by(MembershipModel.user_id, TeamModel.id)


def find_user(user_id: int) -> Profile:
    """The account with this id; raises `NotFound`."""
    found = fetch(_BY_ID, user_id=user_id)
    if not found:
        raise NotFound
    user = found[0]
    return Profile(user.id, user.username, teams_of(user_id))


def list_users(*, after: int, limit: int) -> list[Profile]:
    """Up to `limit` accounts with an id above `after`, in the order of their ids."""
    users = fetch(_PAGE, after=after, limit=limit)
    teams: dict[int, list[AnyRow]] = defaultdict(list)
    # One statement, however many users and teams there are.
    for row in fetch(_TEAMS_OF_ALL, user_ids=[user.id for user in users]):
        teams[row.user_id].append(row)
    return [Profile(user.id, user.username, teams[user.id]) for user in users]


def teams_of(user_id: int) -> Sequence[AnyRow]:
    """The teams of one user, for less than those of many: an IN is written anew each time."""
    return fetch(_TEAMS_OF_ONE, user_id=user_id)
