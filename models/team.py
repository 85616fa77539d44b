"""Teams. Come here to change what Muster keeps about one."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from db import Model, RowId, UtcDateTime


class TeamModel(Model):
    """A team. Whoever changes its memberships locks this row first: see services/team_access.py."""

    __tablename__ = "teams"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
