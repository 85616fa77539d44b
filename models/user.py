"""The account. Come here to change what Muster keeps about a person."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from db import Model, RowId, UtcDateTime


class UserModel(Model):
    """A person's account. What its name looks like is claimed in `usernames`."""

    __tablename__ = "users"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    username: Mapped[str] = mapped_column(String(64))  # as it was typed
    canonical_username: Mapped[str] = mapped_column(String(64), unique=True)  # as it is compared
    email: Mapped[str | None] = mapped_column(String(320))  # means nothing until it is confirmed
    # The same, as it is compared, once it is confirmed; only these are unique.
    verified_email: Mapped[str | None] = mapped_column(String(320), unique=True, index=True)
    password_hash: Mapped[str] = mapped_column(String(512))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # Consecutive wrong passwords of strangers; see services/guessing.py.
    failures: Mapped[int] = mapped_column(default=0)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
