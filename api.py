"""flask-smorest, bent once for every endpoint: strict JSON, one error body, media types.

Come here to change something that all endpoints have in common.
"""

import logging
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from http import HTTPStatus
from operator import attrgetter
from typing import Any, NoReturn, ParamSpec, TypeVar, cast

import flask_smorest
import marshmallow as ma
from flask import Flask, Request, Response, jsonify, request
from sqlalchemy import exc as sqlalchemy_errors
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.routing import IntegerConverter

import errors
from access_log import request_id
from core import paging, strict_json
from errors import Refusal
from openapi import HEADERS, ROW_ID, OperationIds, Plugin, document_refusals, values_of

MAX_BODY_BYTES = 64 * 1024
_FORM_REFUSALS = (
    errors.IncompleteBody,
    errors.RequestTimeout,
    errors.BodyTooLarge,
    errors.InvalidInput,
)
_BODY_REFUSALS = (errors.MalformedBody, errors.UnsupportedMediaType, *_FORM_REFUSALS)
_REFUSALS_BY_LOCATION: dict[str, tuple[type[Refusal], ...]] = {
    "json": _BODY_REFUSALS,
    "form": _FORM_REFUSALS,
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
_TAKES_JSON = {None, "*/*", "application/json"}
_READ_ONLY = "25006"  # PostgreSQL, appendix A

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
    """webargs, but a body is JSON or refused, never "no data", and no query is overlooked."""

    DEFAULT_UNKNOWN_BY_LOCATION = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,  # a misspelt `limit` is no `limit`
    }

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
    """Decorator: publish what an operation may refuse; `operation` is merged into its document.

    The view itself is handed back: a wrapper would be one more call in every request.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        # A copy: what stands below this decorator may share its notes with other views.
        notes = deepcopy(getattr(view, "_apidoc", {}))
        notes.setdefault("refusals", []).extend(refusals)
        notes.setdefault("manual_doc", {}).update(operation)
        view._apidoc = notes  # type: ignore[attr-defined]  # flask-smorest's own place
        return view

    return decorate


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest is untyped
    """A noun's endpoints. Publishes refusals beside what flask-smorest publishes."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, negotiates: bool = True, **kwargs: Any) -> None:
        """As flask-smorest's; one that `negotiates` answers only who takes JSON."""
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(partial(document_refusals, negotiates=negotiates))
        if negotiates:
            self.before_request(_refuse_other_media)

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Any:
        """As flask-smorest's, with the refusals that reading a body or a query brings."""
        refusals = _REFUSALS_BY_LOCATION.get(location, (errors.InvalidInput,))
        # Of a class, webargs would make a schema for each request: 50 µs.
        prepared = schema() if isinstance(schema, type) else schema
        arguments = super().arguments(prepared, location=location, **kwargs)
        return lambda view: documents_refusals(*refusals)(arguments(view))


class Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest is untyped
    """The error body and the document, our way."""

    ERROR_SCHEMA = ErrorSchema
    DEFAULT_ERROR_RESPONSE_NAME = None  # each operation names all that it may refuse

    def init_app(self, app: Flask, **kwargs: Any) -> None:
        """As flask-smorest's; also everything that all endpoints have in common."""
        app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
        app.url_map.converters["id"] = IdConverter
        self.register_converter(IdConverter, lambda _converter: ROW_ID)
        plugins = {"marshmallow_plugin": Plugin(), "extra_plugins": [OperationIds()]}
        super().init_app(app, spec_kwargs={**plugins, **kwargs})
        self.ma_plugin.converter.add_attribute_function(values_of)
        app.register_error_handler(Refusal, answer)
        for unreachable in (
            sqlalchemy_errors.OperationalError,
            sqlalchemy_errors.InterfaceError,
            sqlalchemy_errors.TimeoutError,
        ):
            app.register_error_handler(unreachable, _answer_without_database)
        app.register_error_handler(sqlalchemy_errors.InternalError, _answer_read_only)

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
        """None: each operation names its own. Headers are named by several."""
        for name, header in HEADERS.items():
            self.spec.components.header(name, header, lazy=True)

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
        body["request_id"] = request_id()
    response = jsonify(body)
    response.status_code = refusal.status
    response.headers.update(refusal.headers)
    if refusal.challenge:
        response.headers["WWW-Authenticate"] = refusal.challenge
    return response


def _answer_without_database(error: Exception) -> Response:
    """One line in the log, for there are many while it lasts; the disk may be what is full."""
    reason = " ".join(str(getattr(error, "orig", error)).split())
    _log.error("the database does not answer: %s", reason)
    return answer(errors.Unavailable(headers={"Retry-After": "5"}))


def _answer_read_only(error: sqlalchemy_errors.InternalError) -> Response:
    """PostgreSQL says so where a standby is asked to write; anything else is a fault."""
    if getattr(error.orig, "sqlstate", None) == _READ_ONLY:
        return _answer_without_database(error)
    raise error


def _refuse_other_media() -> None:
    if request.environ.get("HTTP_ACCEPT") in _TAKES_JSON:
        return  # most do, and need no parsing
    if request.accept_mimetypes and not request.accept_mimetypes["application/json"]:
        raise errors.NotAcceptable
