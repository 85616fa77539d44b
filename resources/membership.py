"""Members of a team over HTTP. Come here to change /teams/{id}/members."""

from operator import attrgetter
from typing import Any

from flask.views import MethodView

from api import Blueprint, documents_refusals, page_of
from auth import caller, signed_in
from core.permissions import Action
from errors import LastOwner, NotAllowed
from openapi import leads_to
from rate_limits import limited
from resources import permitted
from schemas import MembershipPageSchema, MembershipSchema, PageQuerySchema, RoleChangeSchema
from services import memberships

blp = Blueprint("membership", __name__, description="Who is in a team, and as what.")


@blp.route("/teams/<id:team_id>/members")
class Members(MethodView):
    """Everybody in a team."""

    @signed_in
    @permitted(Action.LIST_MEMBERS)
    @leads_to(
        200,
        "deleteMember",
        team_id="$request.path.team_id",
        user_id="$response.body#/items/0/user/id",
    )
    @blp.arguments(PageQuerySchema, location="query")
    @blp.response(200, MembershipPageSchema)
    def get(self, page: dict[str, int], team_id: int) -> Any:
        """List a team's members, in the order of the users' ids.

        For everybody in the team.
        """
        rows = memberships.list_members(
            caller(), team_id, after=page["cursor"], limit=page["limit"] + 1
        )
        return page_of(rows, page["limit"], key=attrgetter("user_id"))


@blp.route("/teams/<id:team_id>/members/<id:user_id>")
class Member(MethodView):
    """Somebody in a team."""

    @signed_in
    @limited("team_change")
    @permitted(Action.CHANGE_ROLE)
    @documents_refusals(LastOwner)
    @blp.arguments(RoleChangeSchema)
    @blp.response(200, MembershipSchema)
    def patch(self, fields: dict[str, Any], team_id: int, user_id: int) -> Any:
        """Change a member's role. For owners, and for admins among themselves and members.

        Invitations that the member sent, and could not send in the new role, lapse.
        """
        return memberships.change_role(caller(), team_id, user_id, **fields)

    @signed_in
    @limited("team_change")
    @permitted(Action.LEAVE_TEAM)
    @documents_refusals(NotAllowed, LastOwner)
    @blp.response(204)
    def delete(self, team_id: int, user_id: int) -> None:
        """Leave a team, or remove a member.

        Everybody may leave but the last owner. Owners may remove everybody, admins everybody but
        owners. Open invitations that the member sent lapse.
        """
        memberships.remove(caller(), team_id, user_id)
