"""One's own account over HTTP. Come here to change /me or /me/password."""

from typing import Any

from flask.views import MethodView

from api import Blueprint, documents_refusals
from auth import caller, freshly_signed_in, signed_in
from errors import LastOwner, Overloaded, UsernameTaken, WrongPassword
from rate_limits import limited
from resources import context
from schemas import AccountChangeSchema, OwnAccountSchema, PasswordChangeSchema
from services import account

blp = Blueprint("me", __name__, description="One's own account.")


@blp.route("/me")
class Me(MethodView):
    """Oneself."""

    @signed_in
    @blp.response(200, OwnAccountSchema)
    def get(self) -> Any:
        """Read one's own account.

        With the e-mail address, which nobody else sees.
        """
        return account.read(caller())

    @signed_in
    @limited("account_change")
    @documents_refusals(UsernameTaken)
    @blp.arguments(AccountChangeSchema)
    @blp.response(200, OwnAccountSchema)
    def patch(self, changes: dict[str, Any]) -> Any:
        """Change one's username or e-mail address.

        A name that is given up stays reserved for a time, so that nobody can pose as its owner.
        """
        return account.change(context(), caller(), changes)

    @freshly_signed_in
    @documents_refusals(LastOwner)
    @blp.response(204)
    def delete(self) -> None:
        """Delete one's own account.

        Wants an access token that comes from a sign-in, not from a refresh. Teams with nobody else
        in them go with the account. Who is the last owner of others hands them over or deletes
        them first: `errors` names them.
        """
        account.delete_account(context(), caller())


@blp.route("/me/password")
class MyPassword(MethodView):
    """One's own password."""

    @signed_in
    @limited("password_change")
    @documents_refusals(WrongPassword, Overloaded)
    @blp.arguments(PasswordChangeSchema)
    @blp.response(204)
    def put(self, fields: dict[str, Any]) -> None:
        """Change one's own password.

        All other sessions end.
        """
        account.change_password(context(), caller(), **fields)
