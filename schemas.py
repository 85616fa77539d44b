"""The JSON contract, in sections. Come here to change what a body may or does contain.

Lengths and alphabets of usernames and passwords are rules (core/), not shapes: the services check
them, so that every way in is held to them.
"""

from typing import Any

import marshmallow as ma
from email_validator import EmailNotValidError, validate_email

from core import paging

# --- Fields that more than one section needs ---


class EmailAddress(ma.fields.String):
    """An address as RFC 5321 and RFC 6531 have it, in the form that mail goes to."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            return str(validate_email(text, check_deliverability=False).normalized)
        except EmailNotValidError as error:
            raise ma.ValidationError("This is not an e-mail address.") from error


class Cursor(ma.fields.String):
    """A `next_cursor` that an earlier page gave; the id behind which the next page begins."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return paging.decode_cursor(super()._deserialize(value, attr, data, **kwargs))
        except ValueError as error:
            raise ma.ValidationError("This is not a cursor that Muster gave.") from error


class PageQuerySchema(ma.Schema):
    """Which page of a list."""

    limit = ma.fields.Integer(
        load_default=paging.DEFAULT_LIMIT,
        validate=ma.validate.Range(1, paging.MAX_LIMIT),
        metadata={"description": "How many at the most."},
    )
    cursor = Cursor(load_default=0, metadata={"description": "`next_cursor` of the page before."})


class Answer(ma.Schema):
    """Base of what Muster answers. Later versions may add fields, so none is excluded."""

    class Meta:
        """Published without `additionalProperties: false`."""

        unknown = ma.EXCLUDE


# --- Teams ---


class PlainTeamSchema(Answer):
    """A team by name."""

    id = ma.fields.Integer(required=True, dump_only=True)
    name = ma.fields.String(required=True)


# --- Users ---


class PlainUserSchema(ma.Schema):
    """A user by name."""

    id = ma.fields.Integer(dump_only=True, metadata={"examples": [1]})
    username = ma.fields.String(
        required=True,
        metadata={
            "minLength": 2,
            "maxLength": 32,
            "description": "Letters, digits, `.`, `_`, `-`, of one script.",
            "examples": ["alice"],
        },
    )


class UserSchema(PlainUserSchema):
    """A user to register."""

    password = ma.fields.String(
        required=True,
        load_only=True,
        metadata={
            "format": "password",
            "minLength": 8,
            "maxLength": 256,
            "description": "Anything that is not among the million most common passwords.",
            "examples": ["correct horse battery"],
        },
    )
    email = EmailAddress(
        load_only=True,
        load_default=None,
        metadata={"format": "email", "description": "Optional; counts once it is confirmed."},
    )
    teams = ma.fields.List(ma.fields.Nested(PlainTeamSchema), dump_only=True)


class ProfileSchema(Answer):
    """What signed-in users see of each other."""

    id = ma.fields.Integer(required=True, metadata={"examples": [1]})
    username = ma.fields.String(required=True, metadata={"examples": ["alice"]})
    teams = ma.fields.List(ma.fields.Nested(PlainTeamSchema), required=True)


class RegisteredSchema(Answer):
    """The answer to a registration."""

    message = ma.fields.String(required=True, metadata={"examples": ["User created successfully."]})
    user = ma.fields.Nested(ProfileSchema, required=True)


class UserPageSchema(Answer):
    """A page of users."""

    items = ma.fields.List(ma.fields.Nested(ProfileSchema), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


# --- Signing in ---


class SignInSchema(ma.Schema):
    """Who signs in."""

    username = ma.fields.String(
        required=True, metadata={"description": "The username.", "examples": ["alice"]}
    )
    password = ma.fields.String(
        required=True,
        load_only=True,
        metadata={"format": "password", "examples": ["correct horse battery"]},
    )


class TokensSchema(Answer):
    """What a sign-in gives (RFC 6749, section 5.1)."""

    access_token = ma.fields.String(
        required=True, metadata={"description": "Send it as `Authorization: Bearer …`."}
    )
    token_type = ma.fields.String(required=True, validate=ma.validate.OneOf(["Bearer"]))
    expires_in = ma.fields.Integer(
        required=True, metadata={"description": "Seconds that the access token holds."}
    )


# --- Running it ---


class HealthSchema(Answer):
    """Whether the service is well."""

    status = ma.fields.String(required=True, validate=ma.validate.OneOf(["ok"]))
