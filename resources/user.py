"""Accounts over HTTP: opening one, looking people up. Come here to change /register or /users."""

from typing import Any

from flask.views import MethodView

from api import Blueprint, documents_refusals, page_of
from auth import signed_in
from errors import NotFound, Overloaded, Unavailable, UsernameTaken
from openapi import leads_to
from rate_limits import limited
from resources import context
from schemas import PageQuerySchema, ProfileSchema, RegisteredSchema, UserPageSchema, UserSchema
from services import profiles, registration

blp = Blueprint("user", __name__, description="Accounts: opening one, looking people up.")


@blp.route("/register")
class Register(MethodView):
    """Opening an account."""

    @limited("registration")
    @documents_refusals(UsernameTaken, Overloaded, Unavailable)
    @leads_to(201, "getUser", user_id="$response.body#/user/id")
    @leads_to(
        201,
        "postLogin",
        body={"username": "$request.body#/username", "password": "$request.body#/password"},
    )
    @blp.arguments(UserSchema)
    @blp.response(
        201,
        RegisteredSchema,
        headers={"Location": {"description": "Its address.", "schema": {"type": "string"}}},
    )
    def post(self, fields: dict[str, Any]) -> Any:
        """Register an account.

        The username is shown as it was typed. Two names that differ only in case, in width or in
        letters that look alike are one name. The password is refused, with the reason, when it is
        among the million most common ones or repeats the name, the address or the service's name.
        An e-mail address may be left out, and counts for nothing until its owner confirmed it.
        """
        user = registration.register(context(), **fields)
        answer = {"message": "User created successfully.", "user": user}
        return answer, {"Location": f"/users/{user.id}"}


@blp.route("/users")
class Users(MethodView):
    """Everybody."""

    @signed_in
    @leads_to(200, "getUsers", cursor="$response.body#/next_cursor")
    @leads_to(200, "getUser", user_id="$response.body#/items/0/id")
    @blp.arguments(PageQuerySchema, location="query")
    @blp.response(200, UserPageSchema)
    def get(self, page: dict[str, int]) -> Any:
        """List users.

        Pages run in the order of the ids. Follow `next_cursor` until it is null.
        """
        users = profiles.list_users(after=page["cursor"], limit=page["limit"] + 1)
        return page_of(users, page["limit"])


@blp.route("/users/<id:user_id>")
class User(MethodView):
    """Somebody."""

    @signed_in
    @documents_refusals(NotFound)
    @blp.response(200, ProfileSchema)
    def get(self, user_id: int) -> Any:
        """Read a user's public profile.

        Without the e-mail address, which only its owner sees.
        """
        return profiles.find_user(user_id)
