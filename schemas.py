"""The JSON contract, in sections. Come here to change what a body may or does contain.

Lengths and alphabets of usernames and passwords are rules (core/), not shapes: the services check
them, so that every way in is held to them.
"""

from typing import Any

import marshmallow as ma

from core import paging
from core.audit import Event
from core.permissions import Role
from fields import (
    ANY_PASSWORD,
    EMAIL,
    NEW_PASSWORD,
    TEAM_NAME,
    USERNAME,
    Cursor,
    EmailAddress,
    Limit,
    TrueOrFalse,
    one_role,
)

# --- What more than one section needs ---


class PageQuerySchema(ma.Schema):
    """Which page of a list."""

    limit = Limit(
        load_default=paging.DEFAULT_LIMIT,
        validate=ma.validate.Range(1, paging.MAX_LIMIT),
        metadata={"description": "How many at the most."},
    )
    # Called, so that it is not published: Swagger UI would send it, and it is no cursor.
    cursor = Cursor(
        load_default=lambda: 0,
        metadata={
            "format": "cursor",
            "maxLength": 32,
            "description": "`next_cursor` of the page before.",
        },
    )


class Answer(ma.Schema):
    """Base of what Muster answers. Later versions may add fields, so none is excluded."""

    class Meta:
        """Published without `additionalProperties: false`."""

        unknown = ma.EXCLUDE


# --- Teams, in a user ---


class PlainTeamSchema(Answer):
    """A team by name."""

    id = ma.fields.Integer(required=True, dump_only=True, metadata={"examples": [1]})
    name = ma.fields.String(required=True, metadata={"examples": ["Blue"]})


# --- Users ---


class PlainUserSchema(ma.Schema):
    """A user by name."""

    id = ma.fields.Integer(dump_only=True, metadata={"examples": [1]})
    username = ma.fields.String(
        required=True,
        metadata=USERNAME | {"examples": ["alice"]},
    )


class UserSchema(PlainUserSchema):
    """A user to register."""

    password = ma.fields.String(
        required=True,
        load_only=True,
        metadata=NEW_PASSWORD | {"examples": ["correct horse battery"]},
    )
    email = EmailAddress(
        load_only=True,
        load_default=None,
        metadata=EMAIL | {"description": "Optional; counts once it is confirmed."},
    )
    teams = ma.fields.List(ma.fields.Nested(PlainTeamSchema), dump_only=True)


class NamedUserSchema(Answer):
    """A user by name, in an answer."""

    id = ma.fields.Integer(required=True, metadata={"examples": [1]})
    username = ma.fields.String(required=True, metadata={"examples": ["alice"]})


class ProfileSchema(NamedUserSchema):
    """What signed-in users see of each other."""

    teams = ma.fields.List(ma.fields.Nested(PlainTeamSchema), required=True)


class RegisteredSchema(Answer):
    """The answer to a registration."""

    message = ma.fields.String(required=True, metadata={"examples": ["User created successfully."]})
    user = ma.fields.Nested(ProfileSchema, required=True)


class UserPageSchema(Answer):
    """A page of users."""

    items = ma.fields.List(ma.fields.Nested(ProfileSchema), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


# --- Teams ---


class TeamNameSchema(ma.Schema):
    """A team to open."""

    name = ma.fields.String(
        required=True,
        metadata={
            **TEAM_NAME,
            "description": "One line. Need not be unique.",
            "examples": ["Blue"],
        },
    )


class TeamChangeSchema(ma.Schema):
    """What may be changed of a team; what is left out stays."""

    name = ma.fields.String(metadata=TEAM_NAME | {"examples": ["Red"]})


class OwnTeamSchema(PlainTeamSchema):
    """A team as its member sees it in a list."""

    role = one_role(description="One's own.")
    created_at = ma.fields.DateTime(required=True)


class TeamSchema(OwnTeamSchema):
    """A team as its member sees it."""

    users = ma.fields.List(
        ma.fields.Nested(NamedUserSchema),
        required=True,
        metadata={"description": "The first 100 members; `/teams/{team_id}/members` has all."},
    )


class TeamPageSchema(Answer):
    """A page of teams."""

    items = ma.fields.List(ma.fields.Nested(OwnTeamSchema), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class EventUserSchema(NamedUserSchema):
    """A user by today's name; an account that is gone has none."""

    username = ma.fields.String(required=True, allow_none=True, metadata={"examples": ["alice"]})


class AuditEventSchema(Answer):
    """Something that happened in a team."""

    id = ma.fields.Integer(required=True)
    event = ma.fields.Enum(
        Event, by_value=True, required=True, metadata={"examples": ["team_renamed"]}
    )
    actor = ma.fields.Nested(
        EventUserSchema, required=True, allow_none=True, metadata={"description": "Who did it."}
    )
    user = ma.fields.Nested(
        EventUserSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Whom to."},
    )
    details = ma.fields.Dict(required=True, metadata={"examples": [{"name": "Red"}]})
    created_at = ma.fields.DateTime(required=True)


class AuditEventPageSchema(Answer):
    """A page of events, newest first."""

    items = ma.fields.List(ma.fields.Nested(AuditEventSchema), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


# --- Memberships ---


class RoleChangeSchema(ma.Schema):
    """Another role. Ownership is offered by an invitation, for it has to be accepted."""

    role = one_role(Role.ADMIN, Role.MEMBER)


class MembershipSchema(Answer):
    """A user in a team."""

    user = ma.fields.Nested(NamedUserSchema, required=True)
    role = one_role()
    joined_at = ma.fields.DateTime(required=True)


class MembershipPageSchema(Answer):
    """A page of a team's members."""

    items = ma.fields.List(ma.fields.Nested(MembershipSchema), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class JoinedSchema(MembershipSchema):
    """One's own new membership."""

    team = ma.fields.Nested(PlainTeamSchema, required=True)


# --- Invitations ---


class OfferSchema(ma.Schema):
    """An invitation to send."""

    class Meta:
        """As `_fits_together` has it."""

        rules = {
            "not": {"required": ["username", "email"]},
            "if": {"properties": {"transfer": {"const": True}}, "required": ["transfer"]},
            "then": {"properties": {"role": {"const": "owner"}}},
        }

    role = one_role(description="`owner` is an offer of ownership.")
    username = ma.fields.String(metadata={"maxLength": 320, "examples": ["bob"]})
    email = EmailAddress(
        metadata=EMAIL | {"description": "Instead of a username. With neither: a link."}
    )
    transfer = TrueOrFalse(
        load_default=False,
        metadata={"description": "With `owner`: the inviter becomes admin when it is accepted."},
    )

    @ma.validates_schema
    def _fits_together(self, offer: dict[str, Any], **_context: Any) -> None:
        if "username" in offer and "email" in offer:
            raise ma.ValidationError("Either a username or an e-mail address.", "email")
        if offer.get("transfer") and offer.get("role") is not Role.OWNER:
            raise ma.ValidationError("Only ownership can be transferred.", "transfer")


class OpenInvitationSchema(Answer):
    """What everybody sees of an invitation who sees it at all."""

    id = ma.fields.Integer(required=True)
    role = one_role()
    transfer = ma.fields.Boolean(required=True)
    inviter = ma.fields.Nested(NamedUserSchema, required=True)
    created_at = ma.fields.DateTime(required=True)
    expires_at = ma.fields.DateTime(required=True)


class InvitationSchema(OpenInvitationSchema):
    """An invitation as the team sees it. A link has neither `user` nor `email`."""

    user = ma.fields.Nested(NamedUserSchema, required=True, allow_none=True)
    email = ma.fields.String(required=True, allow_none=True)


class SentInvitationSchema(InvitationSchema):
    """A new invitation."""

    token = ma.fields.String(
        metadata={"description": "Of a link. Shown this once; who has it can accept."}
    )


class InvitationPageSchema(Answer):
    """A page of a team's open invitations."""

    items = ma.fields.List(ma.fields.Nested(InvitationSchema), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class OwnInvitationSchema(OpenInvitationSchema):
    """An invitation as who is invited sees it."""

    team = ma.fields.Nested(PlainTeamSchema, required=True)


class OwnInvitationPageSchema(Answer):
    """A page of invitations to oneself."""

    items = ma.fields.List(ma.fields.Nested(OwnInvitationSchema), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class InvitationTokenSchema(ma.Schema):
    """What a link holds."""

    token = ma.fields.String(required=True, validate=ma.validate.Length(1, 256))


# --- One's own account ---


class OwnAccountSchema(ProfileSchema):
    """What one sees of oneself."""

    email = ma.fields.String(required=True, allow_none=True)
    email_verified = ma.fields.Boolean(
        required=True, metadata={"description": "Whether the address is confirmed, and counts."}
    )
    created_at = ma.fields.DateTime(required=True)


class AccountChangeSchema(ma.Schema):
    """What may be changed of one's own account; what is left out stays."""

    username = ma.fields.String(metadata=USERNAME | {"examples": ["Alice"]})
    email = EmailAddress(allow_none=True, metadata=EMAIL)


class PasswordChangeSchema(ma.Schema):
    """A new password, and the proof that it is the owner who wants it."""

    current_password = ma.fields.String(
        required=True,
        load_only=True,
        metadata=ANY_PASSWORD | {"examples": ["correct horse battery"]},
    )
    new_password = ma.fields.String(
        required=True,
        load_only=True,
        metadata=NEW_PASSWORD | {"examples": ["another horse battery"]},
    )


# --- Sessions ---


class SignInSchema(ma.Schema):
    """Who signs in."""

    username = ma.fields.String(required=True, metadata={"maxLength": 320, "examples": ["alice"]})
    password = ma.fields.String(
        required=True,
        load_only=True,
        metadata=ANY_PASSWORD | {"examples": ["correct horse battery"]},
    )


class RefreshSchema(ma.Schema):
    """The newest refresh token of a session."""

    refresh_token = ma.fields.String(required=True, load_only=True, metadata={"maxLength": 128})


class TokensSchema(Answer):
    """What a sign-in or a refresh gives (RFC 6749, section 5.1)."""

    access_token = ma.fields.String(
        required=True, metadata={"description": "Send it as `Authorization: Bearer …`."}
    )
    refresh_token = ma.fields.String(
        required=True, metadata={"description": "For `POST /refresh`, once."}
    )
    token_type = ma.fields.String(required=True, validate=ma.validate.OneOf(["Bearer"]))
    expires_in = ma.fields.Integer(
        required=True, metadata={"description": "Seconds that the access token holds."}
    )


class MessageSchema(Answer):
    """A sentence for people."""

    message = ma.fields.String(required=True)


class UserSessionSchema(Answer):
    """A sign-in that is still alive."""

    id = ma.fields.Integer(required=True)
    current = ma.fields.Boolean(
        required=True, metadata={"description": "Whether it is the one that asks."}
    )
    device = ma.fields.String(required=True, metadata={"examples": ["Firefox on Linux"]})
    address = ma.fields.String(required=True, metadata={"examples": ["203.0.113.7"]})
    created_at = ma.fields.DateTime(required=True)
    last_used_at = ma.fields.DateTime(
        required=True, metadata={"description": "Noted once a minute at the most."}
    )


class UserSessionPageSchema(Answer):
    """A page of sessions."""

    items = ma.fields.List(ma.fields.Nested(UserSessionSchema), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


# --- Verifying tokens ---


class JwksSchema(Answer):
    """A JSON Web Key Set (RFC 7517)."""

    keys = ma.fields.List(ma.fields.Dict(), required=True)


class IntrospectionQuerySchema(ma.Schema):
    """RFC 7662, section 2.1."""

    class Meta:
        """The RFC lets clients send more."""

        unknown = ma.EXCLUDE

    token = ma.fields.String(required=True, metadata={"description": "An access token."})


class IntrospectionSchema(Answer):
    """RFC 7662, section 2.2. All but `active` is left out when the token is not active."""

    active = ma.fields.Boolean(required=True)
    sub = ma.fields.String()
    sid = ma.fields.Integer()
    token_type = ma.fields.String()
    iss = ma.fields.String()
    aud = ma.fields.String()
    exp = ma.fields.Integer()
    iat = ma.fields.Integer()
    nbf = ma.fields.Integer()
    jti = ma.fields.String()
    auth_time = ma.fields.Integer()
    fresh = ma.fields.Boolean()


# --- Running it ---


class HealthSchema(Answer):
    """Whether the service is well."""

    status = ma.fields.String(required=True, validate=ma.validate.OneOf(["ok"]))
