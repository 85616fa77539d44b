"""flask-smorest, bent once for every endpoint: strict JSON, one error body, media types, headers.

Come here to change something that all endpoints have in common.
"""

import logging
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import wraps
from http import HTTPStatus
from operator import attrgetter
from typing import Any, NoReturn, ParamSpec, TypeVar, cast

import flask_smorest
import marshmallow as ma
from apispec import BasePlugin
from flask import Flask, Request, Response, g, jsonify, request
from sqlalchemy import exc as sqlalchemy_errors
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.routing import IntegerConverter

import errors
from core import paging, strict_json
from errors import Refusal

MAX_BODY_BYTES = 64 * 1024
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_BODY_REFUSALS = (
    errors.MalformedBody,
    errors.BodyTooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidInput,
)
_REFUSALS_BY_LOCATION: dict[str, tuple[type[Refusal], ...]] = {
    "json": _BODY_REFUSALS,
    "form": (errors.BodyTooLarge, errors.InvalidInput),
}
# What Flask and Werkzeug raise by themselves, as refusals of ours.
_BY_STATUS = {
    refusal.status: refusal
    for refusal in (
        errors.InvalidRequest,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.NotAcceptable,
        errors.BodyTooLarge,
        errors.UnsupportedMediaType,
        errors.RangeNotSatisfiable,
        errors.InternalError,
    )
}

_log = logging.getLogger("muster")

P = ParamSpec("P")
R = TypeVar("R")


class ErrorSchema(ma.Schema):
    """The body of every refusal."""

    class Meta:
        """Later versions may say more."""

        unknown = ma.EXCLUDE

    code = ma.fields.Integer(required=True, metadata={"description": "The HTTP status."})
    status = ma.fields.String(required=True, metadata={"description": "The status in words."})
    message = ma.fields.String(required=True, metadata={"description": "A sentence for people."})
    error = ma.fields.String(required=True, metadata={"description": "A stable code for programs."})
    errors = ma.fields.Dict(
        metadata={
            "description": "422: what is wrong, by place and field. 409 `last_owner`: which teams."
        }
    )
    request_id = ma.fields.String(metadata={"description": "5xx: finds the fault in the log."})


class IdConverter(IntegerConverter):
    """A row id in a path. Written one way only: no leading zero, no digits of other scripts."""

    regex = r"[1-9][0-9]{0,18}"

    def __init__(self, url_map: Any) -> None:
        """Above the largest 64-bit integer there can be no row: 404, not a database error."""
        super().__init__(url_map, min=1, max=2**63 - 1)


class StrictParser(FlaskParser):
    """webargs, but a body is JSON or refused, never "no data"."""

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """Read the body; raises the refusals of `_BODY_REFUSALS`."""
        charset = req.mimetype_params.get("charset", "utf-8").lower()
        if req.mimetype != "application/json" or charset != "utf-8" or req.content_encoding:
            raise errors.UnsupportedMediaType
        try:
            return strict_json.loads(_read_body(req))
        except strict_json.MalformedJson as error:
            raise errors.MalformedBody(str(error)) from error

    def handle_error(self, error: ma.ValidationError, *args: Any, **kwargs: Any) -> NoReturn:
        """A body or query that its schema refuses."""
        raise errors.InvalidInput(errors=cast(dict[str, Any], error.messages))


def _read_body(req: Request) -> bytes:
    """The whole body. Werkzeug cuts one of no declared length, at a limit one byte higher."""
    body = req.get_data(cache=False)
    if len(body) > MAX_BODY_BYTES:
        raise errors.BodyTooLarge
    return body


def documents_refusals(
    *refusals: type[Refusal], **operation: Any
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: publish what an operation may refuse; `operation` is merged into its document."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def documented(*args: P.args, **kwargs: P.kwargs) -> R:
            return view(*args, **kwargs)

        notes = deepcopy(getattr(view, "_apidoc", {}))
        notes.setdefault("refusals", []).extend(refusals)
        notes.setdefault("manual_doc", {}).update(operation)
        documented._apidoc = notes  # type: ignore[attr-defined]  # flask-smorest's own place
        return documented

    return decorate


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest is untyped
    """A noun's endpoints. Publishes refusals beside what flask-smorest publishes."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, negotiates: bool = True, **kwargs: Any) -> None:
        """As flask-smorest's; one that `negotiates` answers only who takes JSON."""
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_document_refusals)
        if negotiates:
            self.before_request(_refuse_other_media)

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Any:
        """As flask-smorest's, with the refusals that reading a body or a query brings."""
        refusals = _REFUSALS_BY_LOCATION.get(location, (errors.InvalidInput,))
        arguments = super().arguments(schema, location=location, **kwargs)
        return lambda view: documents_refusals(*refusals)(arguments(view))


class _OperationIds(BasePlugin):
    """`postRegister`, `getUser`: the method and the name of the MethodView class."""

    def operation_helper(
        self, path: Any = None, operations: Any = None, rule: Any = None, **kwargs: Any
    ) -> None:
        for method, operation in operations.items():
            operation.setdefault("operationId", method + rule.endpoint.rpartition(".")[2])


class Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest is untyped
    """The error body and the document, our way."""

    ERROR_SCHEMA = ErrorSchema

    def init_app(self, app: Flask, **kwargs: Any) -> None:
        """As flask-smorest's; also everything that all endpoints have in common."""
        app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
        app.url_map.converters["id"] = IdConverter
        super().init_app(app, spec_kwargs={"extra_plugins": [_OperationIds()], **kwargs})
        app.register_error_handler(Refusal, answer)
        for unreachable in (
            sqlalchemy_errors.OperationalError,
            sqlalchemy_errors.InterfaceError,
            sqlalchemy_errors.TimeoutError,
        ):
            app.register_error_handler(unreachable, _answer_without_database)
        app.after_request(_add_security_headers)

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Give Flask's own errors our body, and keep their headers (`Allow`, `Retry-After`)."""
        if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
            return error.get_response()  # type: ignore[return-value]  # a redirect
        if isinstance(error, SecurityError):
            return answer(errors.UnknownHost())
        refusal = _BY_STATUS.get(HTTPStatus(error.code), errors.InvalidRequest)
        own = {name: value for name, value in error.get_headers() if name != "Content-Type"}
        return answer(refusal(headers=own))

    def _register_responses(self) -> None:
        """Only the refusal that stands for those that any operation may meet."""
        schema = {"application/json": {"schema": self.ERROR_SCHEMA}}
        other = {"description": "Any other refusal; docs/errors.md lists them.", "content": schema}
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, other, lazy=True)

    def _register_pagination_header(self) -> None:
        """Muster pages by cursor, not by flask-smorest's header."""


def page_of(
    rows: Sequence[Any], limit: int, key: Callable[[Any], int] = attrgetter("id")
) -> dict[str, Any]:
    """The body of a list, from one row more than the page holds; `key` is what orders it."""
    more = len(rows) > limit
    next_cursor = paging.encode_cursor(key(rows[limit - 1])) if more else None
    return {"items": rows[:limit], "next_cursor": next_cursor}


def answer(refusal: Refusal) -> Response:
    """The response for a refusal."""
    body = refusal.as_body()
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        body["request_id"] = g.request_id
    response = jsonify(body)
    response.status_code = refusal.status
    response.headers.update(refusal.headers)
    if refusal.challenge:
        response.headers["WWW-Authenticate"] = refusal.challenge
    return response


def _answer_without_database(error: Exception) -> Response:
    _log.error("the database does not answer", exc_info=error)
    return answer(errors.Unavailable(headers={"Retry-After": "5"}))


def _refuse_other_media() -> None:
    if request.accept_mimetypes and not request.accept_mimetypes["application/json"]:
        raise errors.NotAcceptable


def _add_security_headers(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _document_refusals(operation: Any, notes: Any, *, api: Api, **_context: Any) -> Any:
    """Group the refusals of an operation by status, each with its code and an example."""
    responses = operation.setdefault("responses", {})
    responses.pop(HTTPStatus.UNPROCESSABLE_ENTITY.value, None)  # flask-smorest's own
    for refusal in notes.get("refusals", []):
        documented = responses.setdefault(
            refusal.status.value,
            {
                "description": "",
                "content": {"application/json": {"schema": api.ERROR_SCHEMA, "examples": {}}},
            },
        )
        documented["description"] += f"`{refusal.error}`: {refusal.message}\n\n"
        examples = documented["content"]["application/json"]["examples"]
        examples[refusal.error] = {"value": refusal().as_body()}
    return operation
