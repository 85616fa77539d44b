"""Sessions over HTTP: signing in, staying signed in, signing out, seeing one's devices."""

from typing import Any

from flask.views import MethodView

from api import Blueprint, documents_refusals, page_of
from auth import caller, optional_caller, signed_in, tokens_of
from core.devices import describe
from errors import InvalidCredentials, InvalidToken, NotFound, Overloaded, Unavailable
from openapi import leads_to
from rate_limits import limited
from resources import client, context
from schemas import (
    MessageSchema,
    PageQuerySchema,
    RefreshSchema,
    SignInSchema,
    TokensSchema,
    UserSessionPageSchema,
)
from services import refresh, sessions, sign_in

blp = Blueprint(
    "user-session", __name__, description="Signing in and out, and the devices one is signed in on."
)


@blp.route("/login")
class Login(MethodView):
    """Signing in."""

    @limited("sign_in")
    @documents_refusals(
        *(InvalidCredentials, Overloaded, Unavailable), security=[{}, {"access_token": []}]
    )
    @leads_to(200, "getMe")
    @leads_to(200, "postRefresh", body={"refresh_token": "$response.body#/refresh_token"})
    @blp.arguments(SignInSchema)
    @blp.response(200, TokensSchema)
    def post(self, fields: dict[str, Any]) -> Any:
        """Sign in, by username or confirmed e-mail address.

        Whatever is wrong, the answer is the same, in content and in time. After five wrong
        passwords in a row an account waits, longer each time. Somebody who is signed in already
        may send that access token along, and is not kept out by what strangers have tried; the
        new session then takes the place of that one.
        """
        begun = sign_in.sign_in(context(), **fields, client=client(), known=optional_caller())
        return tokens_of(begun)


@blp.route("/refresh")
class Refresh(MethodView):
    """Staying signed in."""

    @limited("refresh")
    @documents_refusals(InvalidToken, Unavailable)
    @leads_to(200, "getMe")
    @leads_to(200, "postRefresh", body={"refresh_token": "$response.body#/refresh_token"})
    @blp.arguments(RefreshSchema)
    @blp.response(200, TokensSchema)
    def post(self, fields: dict[str, Any]) -> Any:
        """Get new tokens for a refresh token.

        A refresh token works once: keep the new one. Only within ten seconds may the same client
        send it again, in case the answer was lost, and gets the same refresh token again. Sent
        later, it counts as stolen, and the session ends.
        """
        return tokens_of(refresh.refresh(**fields, client=client()))


@blp.route("/logout")
class Logout(MethodView):
    """Signing out."""

    @signed_in
    @blp.response(200, MessageSchema)
    def post(self) -> Any:
        """Sign out.

        This session's access and refresh tokens are dead at once, everywhere.
        """
        sessions.sign_out(caller())
        return {"message": "Successfully logged out."}


@blp.route("/me/sessions")
class MySessions(MethodView):
    """One's devices."""

    @signed_in
    @leads_to(200, "getMySessions", cursor="$response.body#/next_cursor")
    @leads_to(200, "deleteMySession", session_id="$response.body#/items/0/id")
    @blp.arguments(PageQuerySchema, location="query")
    @blp.response(200, UserSessionPageSchema)
    def get(self, page: dict[str, int]) -> Any:
        """List one's sessions, oldest first.

        A session is a sign-in on a device; `current` marks the one that asks.
        """
        rows = sessions.list_live(caller().user_id, after=page["cursor"], limit=page["limit"] + 1)
        listed = page_of(rows, page["limit"])
        listed["items"] = [_shown(row) for row in listed["items"]]
        return listed

    @signed_in
    @blp.response(204)
    def delete(self) -> None:
        """End all one's sessions but this one.

        Their access and refresh tokens are dead at once, everywhere.
        """
        sessions.end_others(caller())


@blp.route("/me/sessions/<id:session_id>")
class MySession(MethodView):
    """One device."""

    @signed_in
    @documents_refusals(NotFound)
    @blp.response(204)
    def delete(self, session_id: int) -> None:
        """End one of one's sessions.

        Its access and refresh tokens are dead at once, everywhere.
        """
        sessions.end(session_id=session_id, user_id=caller().user_id)


def _shown(row: Any) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ("id", "address", "created_at", "last_used_at")}
    return shown | {"current": row.id == caller().id, "device": describe(row.user_agent)}
