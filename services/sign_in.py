"""Signing in. Come here to change what `POST /login` does."""

from sqlalchemy import Connection, bindparam, select, update

from core import email_addresses, passwords, usernames
from db import AnyRow, fetch, transaction
from errors import InvalidCredentials
from models import UserModel, UserSessionModel
from services import attempts, guessing, sessions
from services.context import Context
from services.guessing import Guard
from services.sessions import Client, LiveSession, SignedIn

# Built once: that costs as much as sending one.
_ACCOUNTS = select(
    UserModel.id,
    UserModel.password_hash,
    UserModel.disabled_at,
    UserModel.failures,
    UserModel.blocked_until,
)
_BY_NAME = _ACCOUNTS.where(UserModel.canonical_username == bindparam("typed"))
_BY_EMAIL = _ACCOUNTS.where(UserModel.verified_email == bindparam("typed"))
_SESSION = select(
    UserSessionModel.id, UserSessionModel.failures, UserSessionModel.blocked_until
).where(UserSessionModel.id == bindparam("session_id"))
# The condition is what a concurrent password change, disabling or deletion fails: whoever committed
# first wins, and an old password opens nothing after the change.
_CONFIRM = (
    update(UserModel)
    .where(
        UserModel.id == bindparam("user_id"),
        UserModel.password_hash == bindparam("verified"),
        UserModel.disabled_at.is_(None),
    )
    .values(password_hash=bindparam("kept"))
    .returning(UserModel.id)
)


def sign_in(
    context: Context,
    *,
    username: str,
    password: str,
    client: Client,
    known: LiveSession | None,
) -> SignedIn:
    """Begin a session for whoever knows the password. `username` may be a confirmed address.

    `known` is a live session of the caller's; if it is the same user's, the new one takes its place
    (OWASP ASVS 5.0, 7.2.4). Raises `InvalidCredentials`, after the same work, whatever is wrong;
    `Overloaded` when too many passwords wait.
    """
    secret = passwords.normalize(password)
    # In the slot: no more guesses at one account run at once than there are slots, so a count
    # that is read there cannot be outrun by many parallel requests.
    with context.hasher.slot() as slot:
        user, guard = _find(username, known)
        # Of a closed account nothing is verified: a weak hash would answer sooner when it is right.
        tried = user if guard and not guard.is_closed else None
        right = slot.verify(secret, tried.password_hash if tried else None)
        if user is None or guard is None or guard.is_closed:
            guessing.count_nothing()
            _note(context, attempts.DELAYED if guard else attempts.UNKNOWN_ACCOUNT, user)
            raise InvalidCredentials
        if not right:
            guessing.count_failure(guard)
            _note(context, attempts.WRONG_PASSWORD, user)
            raise InvalidCredentials
        stronger = slot.stronger_hash(secret, user.password_hash)
    with transaction() as connection:
        if not _is_unchanged(connection, user, stronger):
            _note(context, attempts.WRONG_PASSWORD, user)
            raise InvalidCredentials
        guessing.clear(connection, guard)
        begun = sessions.begin(connection, user_id=user.id, client=client)
        if known and known.user_id == user.id:
            sessions.drop(connection, known)
    _note(context, attempts.SUCCEEDED, user, begun.session_id)
    return begun


def _note(
    context: Context, outcome: str, user: AnyRow | None, session_id: int | None = None
) -> None:
    """Count it and log it. Who tried hears none of it."""
    context.counts.event("sign_ins", outcome)
    user_id = user.id if user else None
    attempts.note(attempts.PASSWORD, outcome, user_id=user_id, session_id=session_id)


def _find(typed: str, known: LiveSession | None) -> tuple[AnyRow | None, Guard | None]:
    """The account of this name or address, and the count by which its guesser is judged.

    Of an account that is disabled there is no count.
    """
    if "@" in typed:  # as in no username
        found = fetch(_BY_EMAIL, typed=email_addresses.canonical(typed))
    else:
        found = fetch(_BY_NAME, typed=usernames.canonical(typed))
    if not found:
        return None, None
    user = found[0]
    if user.disabled_at:
        return user, None
    if known and known.user_id == user.id:
        own = fetch(_SESSION, session_id=known.id)
        return user, guessing.guard_of(UserSessionModel, own[0]) if own else None
    return user, guessing.guard_of(UserModel, user)


def _is_unchanged(connection: Connection, user: AnyRow, stronger: str | None) -> bool:
    """Whether the account is what it was when we verified; then keep a stronger hash, if any."""
    verified = user.password_hash
    values = {"user_id": user.id, "verified": verified, "kept": stronger or verified}
    return connection.scalar(_CONFIRM, values) is not None
