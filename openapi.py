"""What stands in the OpenAPI document beside flask-smorest's own: refusals, headers, links.

Come here to change how the document is written; `make openapi` writes it.
"""

from collections.abc import Callable
from typing import Any, cast

import flask_smorest
import marshmallow as ma
from apispec import APISpec, BasePlugin
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter

import errors
from errors import Refusal

# What any operation may answer, whoever calls and whatever comes.
EVERYWHERE = (errors.InvalidRequest, errors.UnknownHost, errors.NotAcceptable, errors.InternalError)
ROW_ID = {
    "type": "integer",
    "format": "int64",
    "minimum": 1,
    "maximum": 2**63 - 1,
    "examples": [1],
}
_SECONDS = {"type": "integer", "format": "int32", "minimum": 1}
HEADERS: dict[str, dict[str, Any]] = {
    "WWW-Authenticate": {
        "description": "RFC 6750, RFC 9470.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "required": True, "schema": _SECONDS},
    "RateLimit": {
        "description": "Calls that are left, and seconds until it begins anew.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "Calls that are allowed, and in how many seconds.",
        "schema": {"type": "string"},
    },
}
_OF_LIMITS = ("RateLimit", "RateLimit-Policy")
_OF_STATUS = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", *_OF_LIMITS),
    503: ("Retry-After",),
}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class _Converter(OpenAPIConverter):
    def schema2jsonschema(self, schema: ma.Schema) -> dict[str, Any]:
        published: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]  # apispec's
        return published | getattr(schema.Meta, "rules", {})


class Plugin(MarshmallowPlugin):
    """apispec's, and what a schema says in `Meta.rules` of how its fields go together."""

    Converter = _Converter


class OperationIds(BasePlugin):
    """`postRegister`, `getUser`: the method and the name of the MethodView class."""

    def operation_helper(
        self, path: Any = None, operations: Any = None, rule: Any = None, **kwargs: Any
    ) -> None:
        """Name each operation of a path."""
        for method, operation in operations.items():
            operation.setdefault("operationId", method + rule.endpoint.rpartition(".")[2])


def values_of(_converter: Any, field: ma.fields.Field[Any], **_context: Any) -> dict[str, Any]:
    """What apispec leaves out: the width of integers, and which of an enumeration are taken."""
    if isinstance(field, ma.fields.Integer):
        return {"format": "int64"}
    if isinstance(field, ma.fields.Enum):
        chosen = [each.choices for each in field.validators if isinstance(each, ma.validate.OneOf)]
        values: Any = chosen[0] if chosen else field.enum
        return {"type": "string", "enum": [str(each) for each in values]}
    return {}


def leads_to(status: int, operation_id: str, *, body: Any = None, **parameters: str) -> Decorator:
    """Decorator: publish what may be called with what an answer holds (an OpenAPI link)."""
    link: dict[str, Any] = {"operationId": operation_id}
    link |= {"parameters": parameters} if parameters else {}
    link |= {"requestBody": body} if body else {}
    responses = {str(status): {"links": {operation_id: link}}}
    return cast(Decorator, flask_smorest.Blueprint.doc(responses=responses))


def document_refusals(
    operation: Any, notes: Any, *, api: Any, spec: APISpec, negotiates: bool, **_context: Any
) -> Any:
    """Document what an operation may refuse, by status, and that its calls are counted."""
    responses = {int(key): answer for key, answer in operation.get("responses", {}).items()}
    responses.pop(422, None)  # flask-smorest's own
    refusals = list(dict.fromkeys([*notes.get("refusals", []), *EVERYWHERE]))
    if not negotiates:
        refusals.remove(errors.NotAcceptable)
    if errors.TooManyRequests in refusals:
        for answer in responses.values():
            answer["headers"] = answer.get("headers", {}) | _named(_OF_LIMITS)
    for status in {refusal.status.value for refusal in refusals}:
        of_status = [refusal for refusal in refusals if refusal.status == status]
        responses[status] = _answer_of(of_status, api.ERROR_SCHEMA, spec)
    operation["responses"] = {str(status): responses[status] for status in sorted(responses)}
    return operation


def _answer_of(refusals: list[type[Refusal]], schema: type[ma.Schema], spec: APISpec) -> Any:
    """Each code of a status with an example; the name of a component where there is but one."""
    name, status = refusals[0].__name__, refusals[0].status.value
    said = [f"`{refusal.error}`: {refusal.message}" for refusal in refusals]
    examples = {refusal.error: {"value": _example_of(refusal)} for refusal in refusals}
    answer = {
        "description": "\n\n".join(said),
        "headers": _named(_OF_STATUS.get(status, ())),
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }
    if len(refusals) > 1:
        return answer
    if name not in spec.components.responses:
        spec.components.response(name, answer)
    return name


def _named(headers: tuple[str, ...]) -> dict[str, str]:
    """References to the components of the same name."""
    return {name: name for name in headers}


def _example_of(refusal: type[Refusal]) -> dict[str, Any]:
    request_id = {"request_id": "4f1c0ad5b7e34b0c9b7c"} if refusal.status >= 500 else {}
    return refusal().as_body() | request_id
