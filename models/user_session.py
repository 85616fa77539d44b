"""Sign-ins that are still alive. Come here to change what Muster remembers of one."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from db import Model, RowId, UtcDateTime


class UserSessionModel(Model):
    """One sign-in on one device; access tokens name it in `sid`. Ending it deletes the row."""

    __tablename__ = "user_sessions"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    user_agent: Mapped[str] = mapped_column(String(512))
    address: Mapped[str] = mapped_column(String(45))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    # Wrong passwords of whoever holds this session; see services/guessing.py.
    failures: Mapped[int] = mapped_column(default=0)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # SHA-256 digests of core.tokens.RefreshToken: the family, the newest one, the one before it.
    refresh_family: Mapped[str] = mapped_column(String(64), unique=True)
    refresh_digest: Mapped[str] = mapped_column(String(64))
    used_refresh_digest: Mapped[str | None] = mapped_column(String(64))
    # What makes the newest one out of the one before it, and since when it is the newest.
    refresh_seed: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    refreshed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
