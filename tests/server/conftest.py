"""Muster, started. Come here to change who stops it and when."""

import pytest

from tests.server.running import Server


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Call it with settings for a server of one's own; it is killed at the end of the module."""
    servers = []

    def start(**settings):
        servers.append(Server(tmp_path_factory.mktemp("instance"), **settings))
        return servers[-1].start()

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="module")
def server(serve):
    """The one that all tests of a module share, with two workers. SIGTERM ends it in peace."""
    server = serve()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.written()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request):
    """Settings for an empty database; tests that use it run once per engine."""
    if request.param == "sqlite":
        return {}
    return {"MUSTER_DATABASE_URL": request.getfixturevalue("postgresql")()}
