"""Who is in which team. Come here to change what Muster keeps about that."""

from datetime import datetime

from sqlalchemy import Enum, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock
from core.permissions import Role
from db import Model, RowId, UtcDateTime
from models.team import TeamModel
from models.user import UserModel

# Text in the database, so that a new role needs no migration.
RoleName = Enum(
    Role, native_enum=False, length=16, values_callable=lambda roles: [each.value for each in roles]
)


class MembershipModel(Model):
    """A user in a team. A team always has one with the role of owner."""

    __tablename__ = "memberships"

    team_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[Role] = mapped_column(RoleName)
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    team: Mapped[TeamModel] = relationship(lazy="raise")
    user: Mapped[UserModel] = relationship(lazy="raise")
