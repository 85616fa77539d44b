"""Teams over HTTP. Come here to change /teams, /teams/{id} or its events."""

from typing import Any

from flask.views import MethodView

from api import Blueprint, documents_refusals, page_of
from auth import caller, signed_in
from core.permissions import Action
from errors import QuotaReached
from openapi import leads_to
from rate_limits import limited
from resources import context, permitted
from schemas import (
    AuditEventPageSchema,
    PageQuerySchema,
    TeamChangeSchema,
    TeamNameSchema,
    TeamPageSchema,
    TeamSchema,
)
from services import teams

blp = Blueprint("team", __name__, description="Teams that one is in.")


@blp.route("/teams")
class Teams(MethodView):
    """One's teams."""

    @signed_in
    @leads_to(200, "getTeam", team_id="$response.body#/items/0/id")
    @blp.arguments(PageQuerySchema, location="query")
    @blp.response(200, TeamPageSchema)
    def get(self, page: dict[str, int]) -> Any:
        """List one's teams, with one's role in each.

        Pages run in the order of the teams' ids. Follow `next_cursor` until it is null.
        """
        rows = teams.list_own(caller(), after=page["cursor"], limit=page["limit"] + 1)
        return page_of(rows, page["limit"])

    @signed_in
    @limited("team_change")
    @documents_refusals(QuotaReached)
    @leads_to(201, "getTeam", team_id="$response.body#/id")
    @leads_to(201, "patchTeam", team_id="$response.body#/id")
    @leads_to(201, "deleteTeam", team_id="$response.body#/id")
    @leads_to(201, "getTeamEvents", team_id="$response.body#/id")
    @leads_to(201, "getMembers", team_id="$response.body#/id")
    @leads_to(201, "postTeamInvitations", team_id="$response.body#/id")
    @blp.arguments(TeamNameSchema)
    @blp.response(
        201,
        TeamSchema,
        headers={"Location": {"description": "Its address.", "schema": {"type": "string"}}},
    )
    def post(self, fields: dict[str, Any]) -> Any:
        """Open a team, and own it.

        Its name need not be unique. How many teams one may be in is a setting of Muster's.
        """
        team = teams.create(context(), caller(), **fields)
        return team, {"Location": f"/teams/{team.id}"}


@blp.route("/teams/<id:team_id>")
class Team(MethodView):
    """A team."""

    @signed_in
    @permitted(Action.READ_TEAM)
    @blp.response(200, TeamSchema)
    def get(self, team_id: int) -> Any:
        """Read a team that one is in.

        A team that one is not in is 404, as one that does not exist.
        """
        return teams.read(caller(), team_id)

    @signed_in
    @limited("team_change")
    @permitted(Action.RENAME_TEAM)
    @blp.arguments(TeamChangeSchema)
    @blp.response(200, TeamSchema)
    def patch(self, changes: dict[str, Any], team_id: int) -> Any:
        """Rename a team.

        For owners and admins.
        """
        return teams.change(caller(), team_id, changes)

    @signed_in
    @limited("team_change")
    @permitted(Action.DELETE_TEAM)
    @blp.response(204)
    def delete(self, team_id: int) -> None:
        """Delete a team, with its memberships and invitations.

        For owners.
        """
        teams.delete(caller(), team_id)


@blp.route("/teams/<id:team_id>/events")
class TeamEvents(MethodView):
    """What happened in a team."""

    @signed_in
    @permitted(Action.READ_EVENTS)
    @blp.arguments(PageQuerySchema, location="query")
    @blp.response(200, AuditEventPageSchema)
    def get(self, page: dict[str, int], team_id: int) -> Any:
        """List what happened in a team, newest first.

        For owners and admins.
        """
        rows = teams.list_events(
            caller(), team_id, before=page["cursor"] or None, limit=page["limit"] + 1
        )
        return page_of(rows, page["limit"])
