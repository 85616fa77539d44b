"""Signing in over HTTP. Come here to change /login."""

from typing import Any

from flask.views import MethodView

from api import Blueprint, documents_refusals
from auth import issue_access_token
from core.tokens import ACCESS_LIFETIME
from errors import InvalidCredentials, Overloaded
from resources import context
from schemas import SignInSchema, TokensSchema
from services import sign_in

blp = Blueprint("sign-in", __name__, description="Signing in.")


@blp.route("/login")
class Login(MethodView):
    """Signing in."""

    @documents_refusals(InvalidCredentials, Overloaded)
    @blp.arguments(SignInSchema)
    @blp.response(200, TokensSchema)
    def post(self, fields: dict[str, Any]) -> Any:
        """Sign in.

        Whatever is wrong, the answer is the same, in content and in time.
        """
        signed_in = sign_in.sign_in(context(), **fields)
        token = issue_access_token(
            signed_in.user_id,
            signed_in.session_id,
            authenticated_at=signed_in.authenticated_at,
            fresh=True,
        )
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        }
