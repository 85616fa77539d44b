"""The OpenAPI document: that it is kept, valid, complete, and true."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import errors
from app import create_app
from tests.factories import open_team, register

KEPT = Path(__file__).parent.parent / "docs" / "openapi.json"
METHODS = {"get", "put", "post", "delete", "patch"}
REFUSALS = {
    each.error: each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, errors.Refusal) and each is not errors.Refusal
}


@pytest.fixture(scope="module")
def document():
    """The document as `make openapi` writes it."""
    return create_app("sqlite://").test_client().get("/openapi.json").json


def operations_of(document):
    for path, item in document["paths"].items():
        for method in sorted(METHODS & item.keys()):
            yield f"{method.upper()} {path}", item[method]


def test_the_kept_document_is_the_one_that_the_code_makes(document):
    assert KEPT.exists(), "docs/openapi.json is missing: make openapi"
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert kept == document, "docs/openapi.json is out of date: make openapi"


def test_the_document_does_not_depend_on_where_muster_runs(document, app):
    assert app.test_client().get("/openapi.json").json == document


@pytest.mark.asvs("2.1.1")
def test_the_document_is_valid(document):
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_says_what_it_does_and_where_it_belongs(document):
    tags = {tag["name"] for tag in document["tags"]}
    for name, operation in operations_of(document):
        assert operation.get("summary"), name
        assert operation["summary"].endswith("."), name
        assert set(operation.get("tags", [])), name
        assert set(operation["tags"]) <= tags, name


def test_every_operation_has_an_id_of_its_own(document):
    ids = [operation.get("operationId") for _, operation in operations_of(document)]
    assert all(ids)
    assert len(set(ids)) == len(ids)


def test_every_operation_documents_a_success(document):
    for name, operation in operations_of(document):
        assert any(status.startswith("2") for status in operation["responses"]), name


def test_every_route_is_documented(document, app):
    apart = ("/", "/openapi.json", "/swagger-ui")
    routes = {
        f"{method} {rule.rule}".partition("<")[0]
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in apart and not rule.rule.startswith("/swagger-ui/")
    }
    assert {name.partition("{")[0] for name, _ in operations_of(document)} == routes


def documented_refusals(document, operation):
    """Status, code and example of every refusal that an operation documents."""
    for status, answer in resolved(document, operation["responses"]).items():
        content = answer.get("content", {}).get("application/json", {})
        for code, example in content.get("examples", {}).items():
            yield int(status), code, example["value"]


def test_every_documented_refusal_has_the_status_the_code_and_the_sentence_of_errors_py(document):
    seen = set()
    for name, operation in operations_of(document):
        for status, code, example in documented_refusals(document, operation):
            refusal = REFUSALS[code]
            assert (name, code, status) == (name, code, refusal.status.value)
            assert (
                example.items()
                >= {
                    "code": status,
                    "status": refusal().phrase,
                    "message": refusal.message,
                    "error": code,
                }.items()
            )
            seen.add(code)
    assert {"username_taken", "invalid_credentials", "not_found", "not_ready"} <= seen


def test_what_the_document_fills_in_for_a_query_is_accepted(client, document):
    alice = register(client)
    ids = {"team_id": open_team(client, alice)["id"], "user_id": alice.id}
    for name, operation in operations_of(document):
        method, path = name.split()
        query = {
            each["name"]: each["schema"]["default"]
            for each in operation.get("parameters", [])
            if each["in"] == "query" and "default" in each["schema"]
        }
        if query:
            place = path.format(**ids)
            answer = client.open(place, method=method, query_string=query, headers=alice.headers)
            assert answer.status_code == 200, name


@pytest.mark.asvs("8.2.1")
def test_every_closed_operation_documents_both_kinds_of_401(document):
    closed = [each for each in operations_of(document) if all(each[1].get("security", [{}]))]
    assert closed
    for name, operation in closed:
        codes = {code for _, code, _ in documented_refusals(document, operation)}
        assert codes >= {"not_signed_in", "invalid_token"}, name


def test_every_operation_with_a_json_body_documents_what_a_body_may_be_refused_for(document):
    for name, operation in operations_of(document):
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            codes = {code for _, code, _ in documented_refusals(document, operation)}
            wanted = {"malformed_json", "body_too_large", "unsupported_media_type", "invalid_input"}
            assert codes >= wanted, name


def test_the_security_schemes_that_are_named_are_there(document):
    schemes = document["components"]["securitySchemes"]
    for name, operation in operations_of(document):
        assert all(set(each) <= schemes.keys() for each in operation.get("security", [])), name


def test_every_refusal_that_any_operation_may_meet_is_documented(document):
    for name, operation in operations_of(document):
        codes = {code for _, code, _ in documented_refusals(document, operation)}
        assert codes >= {"unknown_host", "internal_error"}, name
        is_text = "text/plain" in operation["responses"].get("200", {}).get("content", {})
        assert ("not_acceptable" in codes) != is_text, name


def test_no_operation_documents_any_other_answer(document):
    """An answer for "default" would make whatever comes true."""
    for name, operation in operations_of(document):
        assert all(status.isdecimal() for status in operation["responses"]), name


def test_every_limited_operation_documents_the_headers_of_the_limit(document):
    limited = [each for each in operations_of(document) if "429" in each[1]["responses"]]
    assert limited
    for name, operation in limited:
        answers = resolved(document, operation["responses"])
        assert answers["429"]["headers"].keys() >= {"Retry-After", "RateLimit"}, name
        done = [answers[status] for status in answers if status.startswith("2")]
        assert all("RateLimit" in answer["headers"] for answer in done), name


def test_every_refusal_of_401_and_503_documents_its_header(document):
    for name, operation in operations_of(document):
        answers = resolved(document, operation["responses"])
        for status, header in (("401", "WWW-Authenticate"), ("503", "Retry-After")):
            if status in answers:
                assert answers[status]["headers"][header]["required"], name


def links_of(document):
    for name, operation in operations_of(document):
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                yield name, link


def test_every_link_leads_to_an_operation_and_fills_in_what_that_one_takes(document):
    operations = {each["operationId"]: (name, each) for name, each in operations_of(document)}
    assert {name for name, _ in links_of(document)} >= {"POST /register", "POST /login"}
    for name, link in links_of(document):
        target, operation = operations[link["operationId"]]
        path = document["paths"][target.split()[1]]
        taken = [*path.get("parameters", []), *operation.get("parameters", [])]
        assert link.get("parameters", {}).keys() <= {each["name"] for each in taken}, name
        assert ("requestBody" in operation) >= ("requestBody" in link), name


@pytest.mark.asvs("15.3.1", "14.2.6")
def test_no_schema_shows_a_password_or_a_hash(document):
    for name, operation in operations_of(document):
        answers = resolved(document, operation["responses"]).values()
        text = json.dumps([answer.get("content") for answer in answers])
        assert "password_hash" not in text, name
        assert '"password":' not in text, name


# --- Tried out ---


def resolved(document, node):
    """A part of the document with its references followed."""
    if isinstance(node, list):
        return [resolved(document, each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return resolved(document, target)
    return {name: resolved(document, value) for name, value in node.items()}


def example_body(document, operation):
    """The body that Swagger UI would send; None where a field has no example."""
    content = operation["requestBody"]["content"]["application/json"]
    schema = resolved(document, content["schema"])
    fields = {
        name: field["examples"][0]
        for name, field in schema["properties"].items()
        if field.get("examples") and not field.get("readOnly")
    }
    return fields if set(schema.get("required", [])) <= fields.keys() else None


def bodies(document):
    """Operations in the order of the document, with the body of their examples."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            if "application/json" in item[method].get("requestBody", {}).get("content", {}):
                body = example_body(document, item[method])
                if body is not None and "{" not in path:
                    yield method, path, item[method], body


def test_the_examples_of_all_bodies_work_in_the_order_of_the_document(document, client):
    tried, headers = {}, {}
    for method, path, operation, body in bodies(document):
        given = headers if operation.get("security") else {}
        answer = client.open(path, method=method, json=body, headers=given)
        expected = [status for status in operation["responses"] if status.startswith("2")]
        assert (path, str(answer.status_code)) == (path, expected[0]), answer.text
        if path == "/login":
            headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
        tried[path] = answer.status_code
    assert tried.items() >= {"/register": 201, "/login": 200}.items()


def test_the_examples_of_the_answers_are_true(document, client):
    operation = document["paths"]["/register"]["post"]
    answer = client.post("/register", json=example_body(document, operation)).json
    schema = resolved(document, operation["responses"]["201"]["content"]["application/json"])
    properties = schema["schema"]["properties"]
    assert answer["message"] == properties["message"]["examples"][0]
    assert answer["user"]["username"] == properties["user"]["properties"]["username"]["examples"][0]
    assert answer["user"].keys() == properties["user"]["properties"].keys()
