"""Which names are taken. Come here to change how long one stays reserved, or what makes it so."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db import Model, RowId, UtcDateTime


class UsernameModel(Model):
    """How a name looks (UTS #39 skeleton). Unique: two names that look alike are one name.

    A name claims what the form that is shown and the form that is compared look like; most often
    that is the same. Names that are the same look the same, so this key judges both. A name that
    was given up, or whose account was deleted, stays claimed with `released_at` set, so that
    nobody else can take it at once; names in use have none.
    """

    __tablename__ = "usernames"

    skeleton: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(
        RowId, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
