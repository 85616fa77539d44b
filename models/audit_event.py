"""The audit trail. Come here to change what is kept of an event."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from db import Model, RowId, UtcDateTime


class AuditEventModel(Model):
    """Something that happened. It refers to nothing, so it outlives what it is about."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "team_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    event: Mapped[str] = mapped_column(String(64))
    actor_id: Mapped[int | None] = mapped_column(RowId)  # None: an operator
    user_id: Mapped[int | None] = mapped_column(RowId)  # whom it is about
    team_id: Mapped[int | None] = mapped_column(RowId)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
