"""Opening an account. Come here to change what `POST /register` does."""

from sqlalchemy import insert

from core import passwords, usernames
from db import transaction
from errors import InvalidInput
from models import UserModel
from services import names
from services.context import Context
from services.profiles import Profile

_OPEN = insert(UserModel).returning(UserModel.id)  # built once: that costs as much as sending it


def register(context: Context, *, username: str, password: str, email: str | None) -> Profile:
    """Open an account and return its profile.

    Raises `InvalidInput` for a name or password that the rules refuse, `UsernameTaken` when the
    name or a look-alike is somebody's, `Overloaded` when too many passwords wait.
    """
    name = acceptable_username(username)
    secret = acceptable_password(context, password, username=username, email=email)
    # Before the transaction: nothing is held while a password is hashed.
    password_hash = context.hasher.hash(secret)
    reserved_for = context.settings.username_reservation
    return names.taking(name, reserved_for, lambda: _open_account(name, password_hash, email))


def _open_account(name: usernames.Username, password_hash: str, email: str | None) -> Profile:
    account = {
        "username": name.display,
        "canonical_username": name.canonical,
        "email": email,
        "password_hash": password_hash,
    }
    with transaction() as connection:
        user_id: int = connection.execute(_OPEN, account).scalar_one()
        names.claim(connection, name, user_id=user_id)
    return Profile(user_id, name.display)


def acceptable_username(typed: str) -> usernames.Username:
    """The name in its forms; raises `InvalidInput` with the reason."""
    try:
        return usernames.parse(typed)
    except usernames.UsernameRefused as reason:
        raise InvalidInput.of_field("username", str(reason)) from reason


def acceptable_password(
    context: Context, typed: str, *, username: str, email: str | None, field: str = "password"
) -> str:
    """The password as it is hashed; raises `InvalidInput` with the reason."""
    settings = context.settings
    words = [username, settings.service_name, *([email, email.partition("@")[0]] if email else [])]
    password = passwords.normalize(typed)
    try:
        passwords.check(
            password,
            minimum=settings.password_min_length,
            maximum=settings.password_max_length,
            context=words,
        )
    except passwords.PasswordRefused as reason:
        raise InvalidInput.of_field(field, str(reason)) from reason
    return password
