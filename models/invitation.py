"""Open invitations. Come here to change what Muster keeps of one."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock
from core.permissions import Role
from db import Model, RowId, UtcDateTime
from models.membership import RoleName
from models.team import TeamModel
from models.user import UserModel


class InvitationModel(Model):
    """An offer of a membership, to a user, to an e-mail address, or to who holds the link.

    It is open as long as the row is there and has not expired: accepting, declining and revoking
    delete it. One of `user_id`, `email` and `token_digest` is set.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("team_id", "user_id"),
        UniqueConstraint("team_id", "email"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    team_id: Mapped[int] = mapped_column(RowId, ForeignKey("teams.id", ondelete="CASCADE"))
    inviter_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(
        RowId, ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str | None] = mapped_column(String(320), index=True)  # as it is compared
    token_digest: Mapped[str | None] = mapped_column(String(64), unique=True)  # SHA-256
    role: Mapped[Role] = mapped_column(RoleName)
    transfer: Mapped[bool] = mapped_column(default=False)  # the inviter becomes admin
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    team: Mapped[TeamModel] = relationship(lazy="raise")
    user: Mapped[UserModel | None] = relationship(foreign_keys=[user_id], lazy="raise")
    inviter: Mapped[UserModel] = relationship(foreign_keys=[inviter_id], lazy="raise")
