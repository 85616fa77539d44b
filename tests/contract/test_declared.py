"""That an answer which the document does not declare fails the test that met it."""

import pytest

from app import create_app
from tests.contract.declared import hold_to_document


@pytest.fixture
def answering():
    """Call it with what `GET /healthz` answers; a client of an app that is held to it."""
    app = create_app({"MUSTER_DATABASE_URL": "sqlite://", "TESTING": True})
    hold_to_document(app)

    def answer(*returned):
        app.view_functions["health.Healthz"] = lambda: returned
        return app.test_client()

    return answer


def test_what_is_declared_passes(answering):
    assert answering({"status": "ok"}, 200).get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"status": "ok", "more": 1}, 200, "more"),
        ({"status": 1}, 200, "is not of type"),
        ({}, 200, "is a required property"),
        ({"status": "ok"}, 201, "not declared"),
        ({"error": "of_no_code"}, 406, "of_no_code"),
    ],
)
def test_what_is_not_declared_fails(answering, body, status, said):
    with pytest.raises(AssertionError, match=said):
        answering(body, status).get("/healthz")
