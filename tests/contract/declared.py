"""Holds every answer of the suite to the document. Come here to change what "declared" means."""

import re
from typing import NamedTuple

from flask import request
from jsonschema_rs import Draft202012Validator

METHODS = {"get", "put", "post", "delete", "patch"}


class Declared(NamedTuple):
    """What one operation may answer under one status; a success has no codes."""

    codes: set[str]
    body: Draft202012Validator | None


def answers_of(document):
    """What each operation may answer, by status."""
    schemas = closed(document["components"]["schemas"])
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            responses = item[method]["responses"]
            yield (
                (method.upper(), path),
                {
                    int(status): declared(document, schemas, responses[status])
                    for status in responses
                },
            )


def closed(schemas):
    """They let answers have more fields, for later versions; today's have none that is unnamed."""
    return {
        name: schema | ({"additionalProperties": False} if "properties" in schema else {})
        for name, schema in schemas.items()
    }


def declared(document, schemas, response):
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content", {}).get("application/json", {})
    body = {**content.get("schema", {}), "components": {"schemas": schemas}}
    validator = Draft202012Validator(body, validate_formats=True) if content else None
    return Declared(set(content.get("examples", {})), validator)


def hold_to_document(app):
    """From now on an answer that its operation does not declare fails the test that met it."""
    (api,) = app.extensions["flask-smorest"]["apis"].values()
    allowed = dict(answers_of(api["ext_obj"].spec.to_dict()))

    def check(response):
        rule = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(request.url_rule or ""))
        answers = allowed.get(("GET" if request.method == "HEAD" else request.method, rule))
        if answers is not None:
            said = f"{request.method} {rule} answers {response.status}: {response.get_data()!r}"
            assert response.status_code in answers, f"not declared: {said}"
            if request.method != "HEAD":
                check_body(response, answers[response.status_code], said)
        return response

    app.after_request(check)


def check_body(response, answer, said):
    if response.status_code >= 400:
        assert response.json["error"] in answer.codes, said
    if answer.body:
        faults = [each.message for each in answer.body.iter_errors(response.json)]
        assert not faults, f"{faults} in: {said}"
