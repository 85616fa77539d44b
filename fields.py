"""The kinds of values in bodies and queries. Come here to change how one is read or published.

The rules for usernames and passwords are in core/; here is only what the document says of them.
"""

from typing import Any

import marshmallow as ma
from email_validator import EmailNotValidError, validate_email

from core import paging
from core.permissions import Role

# What is published. The rules are in core/; the settings MUSTER_PASSWORD_… may narrow lengths.
USERNAME = {
    "format": "username",
    "minLength": 2,
    "maxLength": 32,
    "description": "Letters, digits, `.`, `_`, `-`, of one script.",
}
NEW_PASSWORD = {
    "format": "password",
    "minLength": 8,
    "maxLength": 256,
    "description": "Anything that is not among the million most common passwords.",
}
ANY_PASSWORD = {"format": "password", "maxLength": 1024}
EMAIL = {"format": "email", "maxLength": 254}
TEAM_NAME = {"format": "team-name", "minLength": 1, "maxLength": 100}


class EmailAddress(ma.fields.String):
    """An address as RFC 5321 and RFC 6531 have it, in the form that mail goes to."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            return str(
                validate_email(text, check_deliverability=False, test_environment=True).normalized
            )
        except EmailNotValidError as error:
            raise ma.ValidationError(f"This is not an e-mail address: {error}") from error


class Cursor(ma.fields.String):
    """A `next_cursor` that an earlier page gave; the id behind which the next page begins."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return paging.decode_cursor(super()._deserialize(value, attr, data, **kwargs))
        except ValueError as error:
            raise ma.ValidationError("This is not a cursor that Muster gave.") from error


class Limit(ma.fields.Integer):
    """A number in plain digits; Python would take `1_0` and digits of other scripts, too."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not (value.isascii() and value.isdigit()):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class TrueOrFalse(ma.fields.Boolean):
    """JSON's own two. marshmallow would also take `1`, for that equals `True`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def one_role(*roles: Role, **metadata: str) -> ma.fields.Enum[Role]:
    """A role; in a body, one of these."""
    taken = ma.validate.OneOf(roles) if roles else None
    return ma.fields.Enum(Role, by_value=True, required=True, validate=taken, metadata=metadata)
