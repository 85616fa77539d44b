"""Invitations over HTTP: sending and revoking, accepting and declining."""

from typing import Any

from flask.views import MethodView

from api import Blueprint, documents_refusals, page_of
from auth import caller, signed_in
from core.permissions import Action
from errors import AlreadyInvited, AlreadyMember, InvitationNotFound, QuotaReached
from openapi import leads_to
from rate_limits import limited
from resources import context, permitted
from schemas import (
    InvitationPageSchema,
    InvitationTokenSchema,
    JoinedSchema,
    MessageSchema,
    OfferSchema,
    OwnInvitationPageSchema,
    PageQuerySchema,
    SentInvitationSchema,
)
from services import acceptance, invitations
from services.invitations import Offer

blp = Blueprint("invitation", __name__, description="Inviting people into a team, and joining one.")


@blp.route("/teams/<id:team_id>/invitations")
class TeamInvitations(MethodView):
    """A team's open invitations."""

    @signed_in
    @permitted(Action.LIST_INVITATIONS)
    @blp.arguments(PageQuerySchema, location="query")
    @blp.response(200, InvitationPageSchema)
    def get(self, page: dict[str, int], team_id: int) -> Any:
        """List a team's open invitations.

        For owners and admins. The tokens of links are not shown again.
        """
        rows = invitations.list_open(
            caller(), team_id, after=page["cursor"], limit=page["limit"] + 1
        )
        return page_of(rows, page["limit"])

    @signed_in
    @limited("team_change")
    @permitted(Action.INVITE)
    @documents_refusals(AlreadyMember, AlreadyInvited, QuotaReached)
    @leads_to(
        201,
        "deleteTeamInvitation",
        team_id="$request.path.team_id",
        invitation_id="$response.body#/id",
    )
    @leads_to(201, "postInvitationAccept", body={"token": "$response.body#/token"})
    @blp.arguments(OfferSchema)
    @blp.response(201, SentInvitationSchema)
    def post(self, offer: dict[str, Any], team_id: int) -> Any:
        """Invite somebody. For owners, and for admins up to their own role.

        By username, by e-mail address, or, with neither, by a link: its `token` is shown this
        once, and whoever sends it first to `POST /invitations/accept` is in. The role `owner` is
        an offer of ownership, also to somebody who is in the team already; with `transfer` the
        inviter becomes admin at the moment that it is accepted.
        """
        sent, token = invitations.invite(context(), caller(), team_id, Offer(**offer))
        return vars(sent) | ({"token": token} if token else {})


@blp.route("/teams/<id:team_id>/invitations/<id:invitation_id>")
class TeamInvitation(MethodView):
    """An open invitation of a team."""

    @signed_in
    @limited("team_change")
    @permitted(Action.REVOKE_INVITATION)
    @documents_refusals(InvitationNotFound)
    @blp.response(204)
    def delete(self, team_id: int, invitation_id: int) -> None:
        """Revoke an invitation.

        For owners, and for admins up to their own role.
        """
        invitations.revoke(caller(), team_id, invitation_id)


@blp.route("/me/invitations")
class MyInvitations(MethodView):
    """Invitations to oneself."""

    @signed_in
    @leads_to(200, "postMyInvitationAccept", invitation_id="$response.body#/items/0/id")
    @leads_to(200, "postMyInvitationDecline", invitation_id="$response.body#/items/0/id")
    @blp.arguments(PageQuerySchema, location="query")
    @blp.response(200, OwnInvitationPageSchema)
    def get(self, page: dict[str, int]) -> Any:
        """List open invitations to oneself.

        To one's username or to one's confirmed e-mail address. Links are nobody's until accepted.
        """
        rows = acceptance.list_own(caller(), after=page["cursor"], limit=page["limit"] + 1)
        return page_of(rows, page["limit"])


@blp.route("/me/invitations/<id:invitation_id>/accept")
class MyInvitationAccept(MethodView):
    """Accepting."""

    @signed_in
    @limited("team_change")
    @documents_refusals(InvitationNotFound, AlreadyMember, QuotaReached)
    @blp.response(200, JoinedSchema)
    def post(self, invitation_id: int) -> Any:
        """Accept an invitation, and be in the team.

        It works once. The role is the one that was offered.
        """
        return acceptance.accept(context(), caller(), invitation_id)


@blp.route("/me/invitations/<id:invitation_id>/decline")
class MyInvitationDecline(MethodView):
    """Declining."""

    @signed_in
    @limited("team_change")
    @documents_refusals(InvitationNotFound)
    @blp.response(200, MessageSchema)
    def post(self, invitation_id: int) -> Any:
        """Decline an invitation.

        It cannot be accepted after that; the team may send another one.
        """
        acceptance.decline(caller(), invitation_id)
        return {"message": "Invitation declined."}


@blp.route("/invitations/accept")
class InvitationAccept(MethodView):
    """Accepting a link."""

    @signed_in
    @limited("team_change")
    @documents_refusals(InvitationNotFound, AlreadyMember, QuotaReached)
    @blp.arguments(InvitationTokenSchema)
    @blp.response(200, JoinedSchema)
    def post(self, fields: dict[str, Any]) -> Any:
        """Accept an invitation that came as a link, and be in the team.

        The first one to send the token is in; it works once.
        """
        return acceptance.accept_link(context(), caller(), **fields)
