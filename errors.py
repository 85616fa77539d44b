"""Every failure that a client can meet. Come here to add one or to change its sentence.

`error` is the stable code for programs and never changes; `message` is for people. docs/errors.md
lists them all, and a test holds that list to this file.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from werkzeug.http import HTTP_STATUS_CODES


class Refusal(Exception):
    """A request that Muster does not carry out. Subclasses are the failures themselves."""

    status: ClassVar[HTTPStatus]
    error: ClassVar[str]
    message: str
    # What WWW-Authenticate says with it (RFC 6750, section 3; RFC 9470 for a stale sign-in).
    challenge: ClassVar[str | None] = None

    def __init__(
        self,
        message: str | None = None,
        *,
        errors: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`errors` is shown as it is (422); `headers` are added to the answer."""
        self.message = message or type(self).message
        self.errors = errors
        self.headers = dict(headers or {})
        super().__init__(self.message)

    @property
    def phrase(self) -> str:
        """The status in words. Werkzeug's, for Python's own changed with 3.13."""
        return HTTP_STATUS_CODES[self.status]

    def as_body(self) -> dict[str, Any]:
        """The answer's body."""
        body: dict[str, Any] = {
            "code": self.status.value,
            "status": self.phrase,
            "message": self.message,
            "error": self.error,
        }
        return body | {"errors": self.errors} if self.errors else body

    @classmethod
    def of_field(cls, field: str, reason: str) -> "Refusal":
        """This refusal with `reason` filed under a field of the JSON body."""
        return cls(errors={"json": {field: [reason]}})


class InvalidRequest(Refusal):
    """The request line, a header or the framing is not what HTTP asks for."""

    status = HTTPStatus.BAD_REQUEST
    error = "invalid_request"
    message = "The request could not be understood."


class UnknownHost(Refusal):
    """The Host header names no host of the setting `MUSTER_TRUSTED_HOSTS`."""

    status = HTTPStatus.BAD_REQUEST
    error = "unknown_host"
    message = "Muster does not answer for that host: see its setting MUSTER_TRUSTED_HOSTS."


class MalformedBody(Refusal):
    """The body is not JSON, or JSON that two programs could read differently."""

    status = HTTPStatus.BAD_REQUEST
    error = "malformed_json"
    message = "The body is not well-formed JSON."


class IncompleteBody(Refusal):
    """The connection broke off, or the chunks do not add up."""

    status = HTTPStatus.BAD_REQUEST
    error = "incomplete_body"
    message = "The body ended too early."


class RequestTimeout(Refusal):
    """The body was announced, but did not arrive within ten seconds."""

    status = HTTPStatus.REQUEST_TIMEOUT
    error = "request_timeout"
    message = "The body did not arrive in time."


class NotSignedIn(Refusal):
    """No access token came with the request."""

    status = HTTPStatus.UNAUTHORIZED
    error = "not_signed_in"
    message = "This needs an access token: sign in, then send it as a Bearer token."
    challenge = "Bearer"


class InvalidToken(Refusal):
    """A token came, but it is forged, damaged, expired, or its session has ended."""

    status = HTTPStatus.UNAUTHORIZED
    error = "invalid_token"
    message = "The token is invalid or has expired."
    challenge = 'Bearer error="invalid_token"'


class InvalidCredentials(Refusal):
    """Unknown name, wrong password, disabled or locked account: one answer for every cause."""

    status = HTTPStatus.UNAUTHORIZED
    error = "invalid_credentials"
    message = "The username or the password is wrong."
    challenge = "Bearer"


class NotFound(Refusal):
    """There is no such thing, or it is not yours to see."""

    status = HTTPStatus.NOT_FOUND
    error = "not_found"
    message = "There is no such thing here."


class MethodNotAllowed(Refusal):
    """The address exists, the method does not; `Allow` names those that do."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    error = "method_not_allowed"
    message = "This address does not take that method."


class InvitationNotFound(Refusal):
    """There is no such invitation, or it is spent, expired, revoked, or somebody else's."""

    status = HTTPStatus.NOT_FOUND
    error = "invitation_not_found"
    message = "There is no such invitation."


class NotAcceptable(Refusal):
    """`Accept` excludes JSON, and JSON is all there is."""

    status = HTTPStatus.NOT_ACCEPTABLE
    error = "not_acceptable"
    message = "Muster answers in application/json, which the Accept header excludes."


class UsernameTaken(Refusal):
    """The name, or one that looks like it, belongs to another account or is still reserved."""

    status = HTTPStatus.CONFLICT
    error = "username_taken"
    message = "A user with that username already exists."


class EmailTaken(Refusal):
    """The e-mail address is confirmed by, and so belongs to, another account."""

    status = HTTPStatus.CONFLICT
    error = "email_taken"
    message = "That e-mail address is confirmed by another account."


class AlreadyMember(Refusal):
    """Who is invited, or accepts, is in the team already, with a role that is as high or higher."""

    status = HTTPStatus.CONFLICT
    error = "already_member"
    message = "That user is in the team already."


class AlreadyInvited(Refusal):
    """An invitation of the same person to the same team is still open."""

    status = HTTPStatus.CONFLICT
    error = "already_invited"
    message = "An invitation to that person is open already."


class LastOwner(Refusal):
    """A team would be without an owner. Of an account that is deleted, `errors` names the teams."""

    status = HTTPStatus.CONFLICT
    error = "last_owner"
    message = "A team needs an owner: hand the ownership over first, or delete the team."


class QuotaReached(Refusal):
    """As many teams, members or open invitations as the settings allow are there."""

    status = HTTPStatus.CONFLICT
    error = "quota_reached"
    message = "There are as many of these as Muster allows."


class BodyTooLarge(Refusal):
    """The body is larger than 64 KiB."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    error = "body_too_large"
    message = "The body is larger than 64 KiB."


class UnsupportedMediaType(Refusal):
    """The body is not declared as `application/json`, or it is compressed."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    error = "unsupported_media_type"
    message = "The body must be application/json in UTF-8, without a Content-Encoding."


class RangeNotSatisfiable(Refusal):
    """`Range` asks for a part of a file that it has not got."""

    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    error = "range_not_satisfiable"
    message = "The file has no such part."


class InvalidInput(Refusal):
    """Well-formed, but a field is missing, unknown or out of range; see `errors`."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    error = "invalid_input"
    message = "Some fields are not valid."


class InternalError(Refusal):
    """A fault of Muster's own. The log has it under the same `request_id`."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    error = "internal_error"
    message = "Something went wrong on our side."


class Overloaded(Refusal):
    """More passwords wait to be hashed than the queue takes, or all threads hang.

    Nothing was changed.
    """

    status = HTTPStatus.SERVICE_UNAVAILABLE
    error = "overloaded"
    message = "Muster is busy. Try again shortly."


class Unavailable(Refusal):
    """The database does not answer. Nothing was acknowledged."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    error = "unavailable"
    message = "Muster cannot reach its database. Try again shortly."


class NotReady(Refusal):
    """The database does not answer or has another version's schema, or Muster is about to stop."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    error = "not_ready"
    message = "Muster is not ready to serve."


class FreshSignInRequired(Refusal):
    """The token comes from a refresh, and this wants one that comes from a sign-in."""

    status = HTTPStatus.UNAUTHORIZED
    error = "fresh_sign_in_required"
    message = "Sign in again to do this."
    challenge = 'Bearer error="insufficient_user_authentication"'


class WrongPassword(Refusal):
    """The current password is not right, or was guessed too often with this session."""

    status = HTTPStatus.FORBIDDEN
    error = "wrong_password"
    message = "The current password is wrong."


class NotAllowed(Refusal):
    """One's role in the team does not go so far."""

    status = HTTPStatus.FORBIDDEN
    error = "not_allowed"
    message = "Your role in this team does not allow that."


class TooManyRequests(Refusal):
    """A rate limit is reached; `Retry-After` says when it opens again."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    error = "too_many_requests"
    message = "Too many requests. Try again later."
