"""The tables, one module per noun. Come here to see them all; migrations compare with this."""

from models.user import UserModel
from models.user_session import UserSessionModel
from models.username import UsernameModel

__all__ = ["UserModel", "UserSessionModel", "UsernameModel"]
