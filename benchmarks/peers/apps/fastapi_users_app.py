"""The full example of fastapi-users' documentation: JWT, SQLAlchemy, aiosqlite.

Added: the database's address from the environment, and SQLite's write-ahead log.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncGenerator

from fastapi import Depends, FastAPI, Request
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

SECRET = "a secret of more than thirty-two bytes"


class Base(DeclarativeBase):
    """Base of the table."""


class User(SQLAlchemyBaseUserTableUUID, Base):
    """Somebody."""


class UserRead(schemas.BaseUser[uuid.UUID]):
    """What is shown."""


class UserCreate(schemas.BaseUserCreate):
    """What a sign-up needs."""


class UserUpdate(schemas.BaseUserUpdate):
    """What may be changed."""


engine = create_async_engine(os.environ["DATABASE_URL"])
sessions = async_sessionmaker(engine, expire_on_commit=False)


async def get_user_db() -> AsyncGenerator[SQLAlchemyUserDatabase, None]:
    """A session for each request."""
    async with sessions() as session:
        yield SQLAlchemyUserDatabase(session, User)


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    """With fastapi-users' own password hash."""

    reset_password_token_secret = SECRET
    verification_token_secret = SECRET

    async def on_after_register(self, user: User, request: Request | None = None) -> None:
        """Nothing."""


async def get_user_manager(
    user_db: SQLAlchemyUserDatabase = Depends(get_user_db),  # noqa: B008  # FastAPI's way
) -> AsyncGenerator[UserManager, None]:
    """One for each request."""
    yield UserManager(user_db)


def get_jwt_strategy() -> JWTStrategy:
    """Tokens that hold for an hour."""
    return JWTStrategy(secret=SECRET, lifetime_seconds=3600)


backend = AuthenticationBackend(
    name="jwt",
    transport=BearerTransport(tokenUrl="auth/jwt/login"),
    get_strategy=get_jwt_strategy,
)
fastapi_users = FastAPIUsers[User, uuid.UUID](get_user_manager, [backend])

app = FastAPI()
app.include_router(fastapi_users.get_auth_router(backend), prefix="/auth/jwt")
app.include_router(fastapi_users.get_register_router(UserRead, UserCreate), prefix="/auth")
app.include_router(fastapi_users.get_users_router(UserRead, UserUpdate), prefix="/users")


async def make_tables() -> None:
    """Once, before the server starts."""
    async with engine.connect() as connection:
        await connection.execute(text("PRAGMA journal_mode=WAL"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(make_tables())
