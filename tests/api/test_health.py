"""GET /healthz and GET /readyz."""

import pytest
from sqlalchemy import text

from app import create_app
from db import db
from tests.factories import statements


@pytest.fixture
def own_app(new_database, tmp_path):
    """An app on a database that a test may spoil."""
    app = create_app({"MUSTER_DATABASE_URL": new_database(), "MUSTER_INSTANCE_PATH": str(tmp_path)})
    yield app
    with app.app_context():
        db.engine.dispose()


def change(app, statement):
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_service_that_is_well_says_so_without_a_token(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alembic_version SET version_num = '9999', oldest_revision = '9998'",
        "UPDATE alembic_version SET version_num = '9999', oldest_revision = NULL",
        "UPDATE alembic_version SET version_num = '0002'",
        "UPDATE alembic_version SET version_num = 'nonsense'",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
    ],
)
def test_with_another_schema_it_is_not_ready(own_app, statement):
    change(own_app, statement)
    answer = own_app.test_client().get("/readyz")
    assert (answer.status_code, answer.json["error"]) == (503, "not_ready")
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_it_is_ready_again_when_the_schema_is(own_app):
    client = own_app.test_client()
    revision = own_app.extensions["muster"].schema_revision
    change(own_app, "UPDATE alembic_version SET version_num = '0002'")
    assert client.get("/readyz").status_code == 503
    change(own_app, f"UPDATE alembic_version SET version_num = '{revision}'")
    assert client.get("/readyz").status_code == 200


def test_with_a_newer_schema_that_says_it_suits_it_stays_ready(own_app):
    change(own_app, "UPDATE alembic_version SET version_num = '9999'")
    assert own_app.test_client().get("/readyz").status_code == 200


def test_to_be_ready_takes_one_statement(client, app):
    with statements(app) as sent:
        client.get("/readyz")
    assert len(sent) == 1


def test_a_service_that_is_not_ready_says_when_to_come_back(own_app):
    change(own_app, "DROP TABLE alembic_version")
    answer = own_app.test_client().get("/readyz")
    assert int(answer.headers.get("Retry-After", 0)) > 0


def test_a_service_that_is_not_ready_is_still_alive(own_app):
    change(own_app, "DROP TABLE alembic_version")
    assert own_app.test_client().get("/healthz").status_code == 200


def test_to_be_alive_takes_no_database(client, app):
    with statements(app) as sent:
        client.get("/healthz")
    assert sent == []
