"""Holds every answer of the suite to the document. Come here to change what "declared" means."""

import re

from flask import request

METHODS = {"get", "put", "post", "delete", "patch"}


def answers_of(document):
    """What each operation may answer: the error codes of each status; none of a success."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            responses = item[method]["responses"]
            yield (
                (method.upper(), path),
                {int(status): codes_of(document, responses[status]) for status in responses},
            )


def codes_of(document, response):
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return set(response.get("content", {}).get("application/json", {}).get("examples", {}))


def hold_to_document(app):
    """From now on an answer that its operation does not declare fails the test that met it."""
    (api,) = app.extensions["flask-smorest"]["apis"].values()
    declared = dict(answers_of(api["ext_obj"].spec.to_dict()))

    def check(response):
        rule = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(request.url_rule or ""))
        answers = declared.get(("GET" if request.method == "HEAD" else request.method, rule))
        if answers is not None:
            said = f"{request.method} {rule} answers {response.status}: {response.get_data()!r}"
            assert response.status_code in answers, f"not declared: {said}"
            if response.status_code >= 400 and request.method != "HEAD":
                assert response.json["error"] in answers[response.status_code], said
        return response

    app.after_request(check)
