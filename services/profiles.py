"""Looking people up. Come here to change what a signed-in user may read about others."""

from sqlalchemy import select

from db import reading
from errors import NotFound
from models import UserModel


def find_user(user_id: int) -> UserModel:
    """The account with this id; raises `NotFound`."""
    with reading() as session:
        user = session.get(UserModel, user_id)
        if user is None:
            raise NotFound
    return user


def list_users(*, after: int, limit: int) -> list[UserModel]:
    """Up to `limit` accounts with an id above `after`, in the order of their ids."""
    query = select(UserModel).where(UserModel.id > after).order_by(UserModel.id).limit(limit)
    with reading() as session:
        return list(session.scalars(query))
