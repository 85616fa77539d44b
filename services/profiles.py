"""Looking people up. Come here to change what a signed-in user may read about others."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from db import fetch
from errors import NotFound
from models import UserModel


@dataclass(frozen=True, slots=True)
class Profile:
    """What signed-in users see of each other."""

    id: int
    username: str
    teams: tuple[()] = ()  # until there are teams, nobody is in one


# Built once: that costs as much as sending one.
_PROFILES = select(UserModel.id, UserModel.username)
_BY_ID = _PROFILES.where(UserModel.id == bindparam("user_id"))
_PAGE = (
    _PROFILES.where(UserModel.id > bindparam("after"))
    .order_by(UserModel.id)
    .limit(bindparam("limit"))
)


def find_user(user_id: int) -> Profile:
    """The account with this id; raises `NotFound`."""
    found = fetch(_BY_ID, user_id=user_id)
    if not found:
        raise NotFound
    return Profile(*found[0])


def list_users(*, after: int, limit: int) -> list[Profile]:
    """Up to `limit` accounts with an id above `after`, in the order of their ids."""
    return [Profile(*row) for row in fetch(_PAGE, after=after, limit=limit)]
